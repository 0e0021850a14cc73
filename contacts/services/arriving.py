"""People who write or are written to for the first time, many at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from contacts import entries, events
from contacts.models import Contact, EmailAddress
from contacts.services.assigning import assign
from contacts.services.belonging import join_companies_by_domain
from contacts.services.searching import refresh_search
from ecrm.audit import services as audit
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
    new: dict[str, EmailAddress] = {}
    for address in sorted(people, key=norms.__getitem__):  # in order, so that two batches cannot deadlock
        if norms[address] not in known and norms[address] not in new:
            new.update(_unsaved(address, people[address], source=source, at=at or timezone.now()))
    known.update(_create_all(new, source=source, at=at))
    return {address: known[norm] for address, norm in norms.items() if norm in known}


def _unsaved(address: str, name: str, *, source: str, at: datetime) -> dict[str, EmailAddress]:
    contact = Contact(created_at=at, updated_at=at, source=source)
    try:
        assign(contact, {"name": name})
        return {row.address_norm: row for row in entries.email_rows(contact, [address])}
    except ValidationError:
        return {}


def _create_all(rows: Mapping[str, EmailAddress], *, source: str, at: datetime | None) -> dict[str, Contact]:
    if not rows:
        return {}
    contacts = Contact.objects.bulk_create([row.contact for row in rows.values()])
    for row, contact in zip(rows.values(), contacts, strict=True):
        row.contact = contact  # again, now that it has an id
    EmailAddress.objects.bulk_create(rows.values())
    ids = [contact.pk for contact in contacts]
    join_companies_by_domain(ids, at=at)
    refresh_search(ids)
    events.record_many([events.NewEvent("contact.created", one.pk, at=at, source=source) for one in contacts])
    audit.record_each("contact.created", by=None, subjects=contacts, at=at)
    return dict(zip(rows, contacts, strict=True))
