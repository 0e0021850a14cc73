from importlib import import_module

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "ecrm.audit"
    label = "audit"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("ecrm.audit.registrations")
