"""Replacing a person's e-mails, phones and postal addresses; rows that stay keep their id."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

from contacts.models import Contact, EmailAddress, PhoneNumber, PostalAddress

ADDRESS_PARTS = ("street", "postcode", "city", "region", "country")


def replace_emails(contact: Contact, wanted: Sequence[EmailAddress]) -> bool:
    """True when anything was different; so the others."""
    return _replace(EmailAddress, contact, wanted, lambda row: row.address_norm, ("address", "kind", "is_primary"))


def replace_phones(contact: Contact, wanted: Sequence[PhoneNumber]) -> bool:
    return _replace(PhoneNumber, contact, wanted, lambda row: row.number, ("written", "kind", "is_primary"))


def replace_addresses(contact: Contact, wanted: Sequence[PostalAddress]) -> bool:
    return _replace(PostalAddress, contact, wanted, _place, ("kind", "is_primary"))


def _replace(
    model: Any, contact: Contact, wanted: Sequence[Any], identity: Callable[[Any], Hashable], details: Sequence[str]
) -> bool:
    kept = {identity(row): row for row in wanted}
    stays, goes = {}, []
    for row in model.objects.filter(contact=contact):
        if identity(row) in kept and identity(row) not in stays:
            stays[identity(row)] = row
        else:
            goes.append(row.pk)
    if goes:
        model.objects.filter(pk__in=goes).delete()
    updated = [row for key, row in stays.items() if _take_over(row, kept[key], details)]
    if updated:
        # The former primary steps down first: there is never more than one, not even for a moment.
        model.objects.filter(pk__in=[row.pk for row in updated]).update(is_primary=False)
        model.objects.bulk_update(updated, details)
    new = [row for key, row in kept.items() if key not in stays]
    model.objects.bulk_create(new)
    return bool(goes or updated or new)


def _take_over(row: Any, wanted: Any, details: Sequence[str]) -> bool:
    differing = [name for name in details if getattr(row, name) != getattr(wanted, name)]
    for name in differing:
        setattr(row, name, getattr(wanted, name))
    return bool(differing)


def _place(row: PostalAddress) -> tuple[str, ...]:
    return tuple(getattr(row, part) for part in ADDRESS_PARTS)
