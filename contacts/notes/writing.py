"""Notes, and calls, meetings and letters that happened elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts import events
from contacts.models import Contact, ContactNote, NoteFile
from contacts.notes import drafts, notices, sight
from ecrm.audit import services as audit
from ecrm.files.models import File
from ecrm.tenancy import mentions
from ecrm.tenancy.models import Membership, User
from ecrm.tenancy.roles import Capability

Kind = ContactNote.Kind
EVENTS = {
    Kind.NOTE: "note.written",
    Kind.CALL: "call.logged",
    Kind.MEETING: "meeting.logged",
    Kind.LETTER: "letter.logged",
}
SOURCE = "notes"


@transaction.atomic
def write_note(
    *,
    contact: Contact,
    text: str,
    by: User,
    kind: str = Kind.NOTE,
    files: Sequence[File] = (),
    at: datetime | None = None,
) -> ContactNote:
    """Writes a note, or logs what happened ``at`` (now unless given). Members named with @ are told.

    Raises ``ValidationError`` by field: a note without words or files, somebody in the bin, an instant to come.
    """
    kind, text = Kind(kind), text.strip()
    if contact.binned_at is not None:
        raise ValidationError({"text": _("This person is in the bin.")})
    if kind == Kind.NOTE and not text and not files:
        raise ValidationError({"text": _("Write something first.")})
    if at is not None and at > timezone.now():
        raise ValidationError({"at": _("This has not happened yet. Make it a task instead.")})
    note = ContactNote.objects.create(contact=contact, kind=kind, author=by, text=text, at=at or timezone.now())
    NoteFile.objects.bulk_create([NoteFile(note=note, file=file) for file in files])
    drafts.forget(contact=contact, by=by, sent=files)
    events.record(EVENTS[kind], contact=contact, at=note.at, by=by, source=SOURCE, source_id=note.pk, subject=note)
    audit.record(EVENTS[kind], by=by, subject=note)
    _tell_mentioned(note, by)
    return note


@transaction.atomic
def edit_note(*, note: ContactNote, text: str, by: User) -> None:
    """Other words for the same note. Who is named only now is told now."""
    text = text.strip()
    if note.kind == Kind.NOTE and not text and not note.files.exists():
        raise ValidationError({"text": _("Write something first.")})
    told = {user.pk for user in mentions.of(note.text)}
    note.text, note.edited_at = text, timezone.now()
    note.save(update_fields=["text", "edited_at"])
    audit.record("note.edited", by=by, subject=note)
    _tell_mentioned(note, by, told=told)


@transaction.atomic
def delete_note(*, note: ContactNote, by: User) -> None:
    """The words go; that there was a note stays in the history."""
    audit.record("note.deleted", by=by, subject=note)
    note.delete()


def may_change(membership: Membership, note: ContactNote) -> bool:
    return note.author_id == membership.user_id and membership.may(Capability.CONTACTS_EDIT)


def _tell_mentioned(note: ContactNote, by: User, *, told: set[int] | frozenset[int] = frozenset()) -> None:
    """Those who may see the person; the others would be led to a page that is not there for them."""
    named = [user.pk for user in mentions.of(note.text) if user.pk not in told]
    if named:
        notices.mentioned(note, sight.able(named, note.contact), by=by)
