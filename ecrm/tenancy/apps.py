from importlib import import_module

from django.apps import AppConfig


class TenancyConfig(AppConfig):
    name = "ecrm.tenancy"
    label = "tenancy"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from ecrm.tenancy import checks  # noqa: F401  registers the system checks

        import_module("ecrm.tenancy.registrations")
