from importlib import import_module

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "ecrm.api"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("ecrm.api.registrations")
