"""Letters that travelled another way, as from a former system: kept with the day they had, never sent."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from contacts import events
from contacts.letters.receiving import REPLIED
from contacts.letters.sending import SENT, SOURCE
from contacts.models import Contact, EmailAddress, Letter
from ecrm.audit import services as audit
from ecrm.tenancy.models import User


@transaction.atomic
def keep_letter(*, contact: Contact, subject: str, text: str, by: User, at: datetime) -> Letter:
    """One of ours, as a colleague wrote it."""
    letter = Letter.objects.create(
        contact=contact, direction=Letter.Direction.OUT, author=by, subject=subject, text=text, at=at
    )
    _tell(letter, SENT, by=by)
    audit.record("letter.written", by=by, subject=letter, at=at)
    return letter


@transaction.atomic
def keep_answer(*, letter: Letter, text: str, at: datetime) -> Letter:
    """What the person wrote back, from their first address."""
    first = EmailAddress.objects.filter(contact=letter.contact_id).order_by("-is_primary", "id").first()
    heard = Letter.objects.create(
        contact=letter.contact,
        direction=Letter.Direction.IN,
        root=letter.root or letter,
        sender_name=letter.contact.name,
        sender_address=first.address if first else "",
        subject=letter.subject,
        text=text,
        at=at,
    )
    _tell(heard, REPLIED, by=None)
    return heard


def _tell(letter: Letter, name: str, *, by: User | None) -> None:
    events.record(
        name,
        contact=letter.contact,
        at=letter.at,
        by=by,
        source=SOURCE,
        source_id=letter.pk,
        key=f"kept:{letter.pk}",
        subject=letter,
        properties={"subject": letter.subject},
    )
