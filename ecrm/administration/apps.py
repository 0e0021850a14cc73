from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AdministrationConfig(AppConfig):
    name = "ecrm.administration"
    verbose_name = _("Administration")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("ecrm.administration.registrations")
        import_module("ecrm.administration.tenant_site").fill()
