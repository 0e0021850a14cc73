from importlib import import_module

from django.apps import AppConfig


class MailConfig(AppConfig):
    name = "ecrm.mail"
    label = "mail"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("ecrm.mail.inbound.registrations")
