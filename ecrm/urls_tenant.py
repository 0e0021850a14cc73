"""One tenant's addresses, below ``/<slug>/``."""

from django.urls import include, path

urlpatterns = [
    path("", include("analytics.urls")),
    path("settings/sites/", include("analytics.tracking.urls")),
    path("", include("ecrm.tenancy.tenant_urls")),
    path("", include("ecrm.administration.urls")),
    path("", include("ecrm.ui.tenant_urls")),
    path("", include("ecrm.notices.urls")),
    path("", include("ecrm.search.urls")),
    path("", include("ecrm.audit.urls")),
    path("", include("ecrm.api.settings_urls")),
    path("settings/mailboxes/", include("ecrm.mail.inbound.urls")),
    path("settings/mail-providers/", include("ecrm.webhooks.urls")),
    path("jobs/", include("ecrm.jobs.urls")),
    path("files/", include("ecrm.files.urls")),
    path("", include("contacts.urls")),
    path("", include("consent.urls")),
    path("", include("campaigns.urls")),
    path("", include("cases.urls")),
]

handler500 = "ecrm.errors.server_error"
