from django.urls import path

from ecrm.ui import tenant_views

urlpatterns = [
    path("help/", tenant_views.help_page, name="help"),
    path("settings/places/", tenant_views.shown_places, name="shown_places"),
    path("settings/setup/", tenant_views.setup, name="setup"),
    path("settings/setup/hide/", tenant_views.hide_setup, name="hide_setup"),
    path("settings/setup/<slug:step_key>/skip/", tenant_views.skip_step, name="skip_step"),
]
