"""What notes and follow-ups give to the registries of the house."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from contacts.models import ContactNote, FollowUp
from contacts.notes import merging, notices, today
from contacts.notes import tasks as tasks  # known to the web processes too, which ask for the work
from ecrm.audit import words
from ecrm.audit.words import Subject
from ecrm.jobs import words as job_words
from ecrm.tenancy.roles import Capability
from ecrm.ui import shortcuts
from ecrm.ui.today import Section
from ecrm.ui.today import register as register_section

merging.register()
register_section(Section("follow-ups", _("Tasks"), 15, Capability.CONTACTS_VIEW, today.render))
notices.register()
job_words.register({"follow_ups.tell": _("Tell that a task is due")})
words.register(
    {
        "note.written": _("Note written"),
        "call.logged": _("Call logged"),
        "meeting.logged": _("Meeting logged"),
        "letter.logged": _("Letter logged"),
        "note.edited": _("Note changed"),
        "note.deleted": _("Note deleted"),
        "follow_up.planned": _("Task planned"),
        "follow_up.changed": _("Task changed"),
        "follow_up.dropped": _("Task deleted"),
        "follow_up.done": _("Task done"),
        "follow_up.reopened": _("Task opened again"),
    },
    {ContactNote._meta.label_lower: Subject(_("Note"), "note_page"), FollowUp._meta.label_lower: Subject(_("Task"))},
)
for keys, label, control in (
    ("n", _("Write a note"), "compose-note"),
    ("e", _("Write an email"), "compose-email"),
):
    shortcuts.register(
        shortcuts.Shortcut(keys, label, _("Contacts"), control=control, capability=Capability.CONTACTS_EDIT)
    )
