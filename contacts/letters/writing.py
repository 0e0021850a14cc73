"""Writing to one person, and what can still be done about a letter on its way."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.letters import refusals, texts
from contacts.models import Contact, Letter, LetterFile, LetterHandover, LetterSignature
from contacts.notes import drafts
from ecrm.audit import services as audit
from ecrm.files.models import File
from ecrm.jobs.outbox import enqueue
from ecrm.mail.addresses import normalise
from ecrm.mail.models import SendingIdentity
from ecrm.mail.posting.desk import UNDO
from ecrm.mail.posting.handovers import HandoverState, wait_again
from ecrm.tenancy.models import User

SEND = "letters.send"


@transaction.atomic
def write_letter(
    *,
    contact: Contact,
    subject: str,
    text: str,
    by: User,
    to: str = "",
    identity: SendingIdentity | None = None,
    follows: Letter | None = None,
    files: Sequence[File] = (),
) -> Letter:
    """Sends a mail to one person after ``UNDO``. Merge fields become this person's values.

    ``to`` is one of their addresses, the main one unless given; ``follows`` the letter it answers.
    Raises ``ValidationError`` by field: nothing written, more files than one mail takes, an unknown merge
    field, no address, one that is blocked, or somebody in the bin.
    """
    if contact.binned_at is not None:
        raise ValidationError({"text": _("This person is in the bin.")})
    if drafts.is_too_much([file.size for file in files]):
        raise ValidationError({"attachments": _("Remove some of the files first, they do not fit into one email.")})
    recipient = _recipient(contact, to)
    said = texts.filled(contact, subject=subject, text=text)
    letter = Letter.objects.create(
        contact=contact,
        direction=Letter.Direction.OUT,
        root=_root(contact, follows),
        author=by,
        identity=identity,
        subject=said.subject,
        text=said.text,
        signature=signature_of(by),
    )
    LetterFile.objects.bulk_create([LetterFile(letter=letter, file=file) for file in files])
    due_at = timezone.now() + UNDO
    LetterHandover.objects.create(letter=letter, recipient=recipient, due_at=due_at)
    drafts.forget(contact=contact, by=by, sent=files)
    audit.record("letter.written", by=by, subject=letter)
    enqueue(SEND, due_at=due_at, letter_id=letter.pk)
    return letter


@transaction.atomic
def take_back_letter(*, letter: Letter, by: User) -> bool:
    """Within the first seconds: the letter and its files become the writer's draft again, above what they have begun
    since. False when too late."""
    waiting = LetterHandover.objects.select_for_update(of=("self",)).filter(
        letter=letter, letter__author=by, state=HandoverState.WAITING, attempts=0
    )
    handover = waiting.select_related("letter__contact").first()
    if handover is None:
        return False
    written = handover.letter
    attached = [each.file for each in _attached(written)]
    drafts.take_back(contact=written.contact, subject=written.subject, text=written.text, files=attached, by=by)
    audit.record("letter.taken_back", by=by, subject=written)
    written.delete()
    return True


@transaction.atomic
def send_again(*, letter: Letter, by: User) -> bool:
    """A person's decision about a letter that failed, or whose fate nobody knows. Keeps its Message-ID."""
    again = wait_again(LetterHandover.objects.filter(letter=letter))
    if again:
        enqueue(SEND, letter_id=letter.pk)
        audit.record("letter.sent_again", by=by, subject=letter)
    return again


def signature_of(user: User) -> str:
    return LetterSignature.objects.filter(user=user).values_list("text", flat=True).first() or ""


@transaction.atomic
def set_signature(*, text: str, by: User) -> None:
    if text.strip():
        LetterSignature.objects.update_or_create(user=by, defaults={"text": text.strip()})
    else:
        LetterSignature.objects.filter(user=by).delete()
    audit.record("signature.changed", by=by)


def _recipient(contact: Contact, to: str) -> str:
    """One of the person's own addresses; nobody else is written to."""
    offered = {each.address_norm: each.address for each in refusals.addresses_of(contact.pk)}
    if not offered:
        raise ValidationError({"to": _("There is no email address of this person. Add one first.")})
    norm = normalise(to) if to else next(iter(offered))
    if norm not in offered:
        raise ValidationError({"to": _("%(address)s is not an address of this person.") % {"address": to}})
    if reason := refusals.why(norm):
        raise ValidationError({"to": reason})
    return offered[norm]


def _attached(letter: Letter) -> QuerySet[LetterFile]:
    return LetterFile.objects.filter(letter=letter).select_related("file").order_by("pk")


def _root(contact: Contact, follows: Letter | None) -> Letter | None:
    """Where the conversation began, if the letter answered is one of this person's."""
    if follows is None or follows.contact_id != contact.pk:
        return None
    return follows.root or follows
