from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ContactsConfig(AppConfig):
    name = "contacts"
    verbose_name = _("Contacts")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("contacts.registrations")
        import_module("contacts.fields.registrations")
        import_module("contacts.exports.registrations")
        import_module("contacts.letters.registrations")
        import_module("contacts.notes.registrations")
        import_module("contacts.imports.registrations")
        import_module("contacts.stages.registrations")
        import_module("contacts.segments.registrations")
        import_module("contacts.merge.registrations")
        import_module("contacts.companies.merge.registrations")
        import_module("contacts.duplicates.registrations")
        import_module("contacts.quality.registrations")
