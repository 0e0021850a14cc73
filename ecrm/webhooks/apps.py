from importlib import import_module

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "ecrm.webhooks"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("ecrm.webhooks.registrations")
