"""People who write or are written to for the first time, many at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from contacts.models import Contact, EmailAddress
from contacts.services.creating import Draft, create_contacts, draft
from ecrm.mail.addresses import normalise


def find_by_email(address: str) -> Contact | None:
    """The unbinned person with this address, however it is written."""
    row = EmailAddress.objects.filter(address_norm=normalise(address), binned_at=None).select_related("contact").first()
    return row.contact if row else None


@transaction.atomic
def find_or_create_by_email(
    people: Mapping[str, str], *, source: str, at: datetime | None = None
) -> dict[str, Contact]:
    """Names by address in, people by address out, however many, in a handful of statements.

    Of an address in two spellings the first gives the name. Unusable ones are left out. Raises
    ``IntegrityError`` when somebody takes an address meanwhile.
    """
    norms = {address: normalise(address) for address in people}
    rows = EmailAddress.objects.filter(address_norm__in=set(norms.values()), binned_at=None).select_related("contact")
    known = {row.address_norm: row.contact for row in rows}
    new: dict[str, Draft] = {}
    for address in sorted(people, key=norms.__getitem__):
        if norms[address] not in known and norms[address] not in new:
            new.update(_draft(address, people[address], source=source, at=at or timezone.now()))
    known.update(zip(new, create_contacts(drafts=list(new.values()), by=None, at=at), strict=True))
    return {address: known[norm] for address, norm in norms.items() if norm in known}


def _draft(address: str, name: str, *, source: str, at: datetime) -> dict[str, Draft]:
    try:
        made = draft(at=at, name=name, emails=[address], source=source)
    except ValidationError:
        return {}
    return {made.emails[0].address_norm: made}
