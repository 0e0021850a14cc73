from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CampaignsConfig(AppConfig):
    name = "campaigns"
    verbose_name = _("Campaigns")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("campaigns.registrations")
        import_module("campaigns.sending.registrations")
        import_module("campaigns.engagement.registrations")
