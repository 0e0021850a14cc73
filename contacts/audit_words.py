"""What the audit's entries about people, companies, segments and imports are called."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from ecrm.audit import words
from ecrm.audit.words import Subject


def register() -> None:
    words.register(_VERBS, _SUBJECTS)


_VERBS = {
    "contact.created": _("Contact created"),
    "contact.changed": _("Contact changed"),
    "contact.binned": _("Contacts moved to the bin"),
    "contact.restored": _("Contacts restored"),
    "contact.tagged": _("Contacts tagged"),
    "contact.untagged": _("Tag removed from contacts"),
    "tag.created": _("Tag created"),
    "tag.renamed": _("Tag renamed"),
    "tag.deleted": _("Tag deleted"),
    "contact.linked": _("Identity added to a contact"),
    "contact.unlinked": _("Identity removed from a contact"),
    "contact.stage_changed": _("Stage changed"),
    "company.created": _("Company created"),
    "company.changed": _("Company changed"),
    "company.binned": _("Company moved to the bin"),
    "company.restored": _("Company restored"),
    "company.merged": _("Companies merged"),
    "company.separated": _("Merge of companies undone"),
    "stage_rule.added": _("Stage rule added"),
    "stage_rule.removed": _("Stage rule removed"),
    "contact.merged": _("Contacts merged"),
    "contact.separated": _("Merge of contacts undone"),
    "duplicates.dismissed": _("Pair marked as no duplicate"),
    "duplicates.reopened": _("Pair to be looked at again"),
    "quality.closed": _("Thing to put right closed"),
    "quality.reopened": _("Thing to put right opened again"),
    "cleaning.changed": _("Settings of data quality changed"),
    "contact.export_begun": _("Export of contacts begun"),
    "contact.exported": _("Contacts exported"),
    "contacts.acted": _("Act on many contacts"),
    "contacts.act_undone": _("Act on many contacts taken back"),
    "view.created": _("View of contacts saved"),
    "view.changed": _("View of contacts changed"),
    "view.deleted": _("View of contacts deleted"),
    "import.begun": _("Import file uploaded"),
    "import.started": _("Import started"),
    "import.continued": _("Import continued"),
    "import.cancelled": _("Import cancelled"),
    "import.discarded": _("Import discarded"),
    "import.finished": _("Import finished"),
    "import.undo_started": _("Undoing of an import started"),
    "import.undone": _("Import undone"),
    "segment.created": _("Segment created"),
    "segment.changed": _("Segment changed"),
    "segment.archived": _("Segment archived"),
    "segment.restored": _("Segment restored"),
    "segment.people_added": _("People put on a list"),
    "segment.people_removed": _("People taken off a list"),
    "segment.recalculated": _("Segment recalculated"),
}
_SUBJECTS = {
    "contacts.contact": Subject(_("Contact"), "contact_page"),
    "contacts.company": Subject(_("Company"), "company_page"),
    "contacts.tag": Subject(_("Tag"), ""),
    "contacts.segment": Subject(_("Segment"), "segment"),
    "contacts.bulkrun": Subject(_("Act on many"), "bulk_run"),
    "contacts.savedview": Subject(_("View"), ""),
    "contacts.importrun": Subject(_("Import"), "import_run"),
}
