"""What a member has begun to write on a person's page."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from contacts.models import ComposeDraft, Contact
from ecrm.tenancy.models import User

LONGEST = 100_000


@transaction.atomic
def keep(*, contact: Contact, kind: str, subject: str, text: str, by: User) -> None:
    """One for each person and member; without words it is forgotten."""
    if not text.strip() and not subject.strip():
        forget(contact=contact, by=by)
        return
    ComposeDraft.objects.update_or_create(
        contact=contact,
        user=by,
        defaults={
            "kind": kind[:8],
            "subject": subject[:300],
            "text": text[:LONGEST],
            "updated_at": timezone.now(),
        },
    )


def forget(*, contact: Contact, by: User) -> None:
    ComposeDraft.objects.filter(contact=contact, user=by).delete()
