from importlib import import_module

from django.apps import AppConfig


class ContactsConfig(AppConfig):
    name = "contacts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("contacts.registrations")
        import_module("contacts.imports.registrations")
        import_module("contacts.segments.registrations")
