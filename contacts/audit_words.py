"""What the audit's entries about people, companies, segments and imports are called."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from ecrm.audit import words
from ecrm.audit.words import Subject


def register() -> None:
    words.register(
        {
            "contact.created": _("Contact created"),
            "contact.changed": _("Contact changed"),
            "contact.binned": _("Contacts moved to the bin"),
            "contact.restored": _("Contacts restored"),
            "contact.tagged": _("Contacts tagged"),
            "contact.untagged": _("Tag removed from contacts"),
            "contact.linked": _("Identity added to a contact"),
            "contact.exported": _("Contacts exported"),
            "import.begun": _("Import file uploaded"),
            "import.started": _("Import started"),
            "import.continued": _("Import continued"),
            "import.cancelled": _("Import cancelled"),
            "import.discarded": _("Import discarded"),
            "import.finished": _("Import finished"),
            "segment.created": _("Segment created"),
            "segment.changed": _("Segment changed"),
            "segment.archived": _("Segment archived"),
            "segment.restored": _("Segment restored"),
        },
        {
            "contacts.contact": Subject(_("Contact"), "contact_page"),
            "contacts.company": Subject(_("Company")),
            "contacts.segment": Subject(_("Segment"), "segment"),
            "contacts.importrun": Subject(_("Import"), "import_run"),
        },
    )
