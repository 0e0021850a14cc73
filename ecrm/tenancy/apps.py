from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TenancyConfig(AppConfig):
    name = "ecrm.tenancy"
    label = "tenancy"
    verbose_name = _("Workspace and people")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from ecrm.tenancy import checks  # noqa: F401  registers the system checks

        import_module("ecrm.tenancy.registrations")
