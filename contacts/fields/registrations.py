"""What custom fields give to the registries of the house."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from contacts import criteria, merging
from contacts.fields import criteria as own
from contacts.fields import tidying, uses
from contacts.models import CustomField, CustomValue
from ecrm.audit import words
from ecrm.audit.words import Subject
from ecrm.jobs import beats
from ecrm.jobs import words as task_words
from ecrm.tenancy.roles import Capability
from ecrm.ui.settings_pages import Group, SettingsPage
from ecrm.ui.settings_pages import register as register_page

register_page(
    SettingsPage(
        "fields",
        _("Fields"),
        _("What you keep about contacts and companies beyond the usual."),
        "columns-2",
        "field_list",
        10,
        Capability.SETTINGS_MANAGE,
        Group.DATA,
        keywords=_("custom field, property, column, attribute"),
    )
)
words.register(
    {
        "field.created": _("Field added"),
        "field.changed": _("Field changed"),
        "field.deleted": _("Field deleted"),
        "field.restored": _("Field restored"),
        "field.purged": _("Deleted field removed with its values"),
        "contacts.changed": _("Contacts changed"),
    },
    {CustomField._meta.label_lower: Subject(_("Field"), "edit_field")},
)
# A value with several choices moves whole or not at all (contacts.merge.fields has what was chosen).
merging.register_rows(CustomValue, unique_with=("field_id",))
merging.register_references(CustomValue, field="person_value")
criteria.register_provider(own.of_tenant, prefix=own.PREFIX, gone=own.gone)
uses.register(uses.in_segments)
uses.register(uses.in_imports)
uses.register(uses.in_views)
beats.on_nightly.append(tidying.hint_tidy)
task_words.register({"fields.tidy": _("Remove fields deleted long ago")})
