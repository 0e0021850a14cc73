"""The platform's addresses: sign-in, invitations, public pages. Nothing here has a tenant yet."""

from django.urls import include, path

from ecrm.administration.platform_site import platform_site
from ecrm.tenancy import account_views, platform_views

urlpatterns = [
    path("", platform_views.start, name="start"),
    path("accounts/sessions/", account_views.session_list, name="account_sessions"),
    path("accounts/sessions/end-others/", account_views.end_other_sessions, name="end_other_sessions"),
    path("accounts/sessions/<int:session_id>/end/", account_views.end_session, name="end_session"),
    path("admin/", platform_site.urls),
    path("accounts/second-step/", account_views.second_step_needed, name="second_step_needed"),
    path("accounts/delete/", account_views.delete_account, name="delete_account"),
    path("accounts/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("ui/", include("ecrm.ui.urls")),
    path("invitations/<str:token>/", platform_views.accept_invitation, name="accept_invitation"),
    path("tenants/new/", platform_views.create_tenant, name="create_tenant"),
    path("accounts/preferences/", platform_views.preferences, name="user_preferences"),
    path("", include("ecrm.api.platform_urls")),
    path("p/", include("analytics.public_urls")),
    path("p/", include("campaigns.public_urls")),
    path("p/", include("consent.public_urls")),
    path("p/", include("ecrm.webhooks.public_urls")),
]

handler500 = "ecrm.errors.server_error"
