"""Replacing a person's e-mails, phones and postal addresses; rows that stay keep their id."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

from contacts.models import Contact, EmailAddress, PhoneNumber, PostalAddress

ADDRESS_PARTS = ("street", "postcode", "city", "region", "country")
# What was there and what is there now, as plain values (``contacts.provenance.NewChange``).
Replaced = tuple[list[Any], list[Any]]


def replace_emails(contact: Contact, wanted: Sequence[EmailAddress]) -> Replaced | None:
    """None when nothing was different, be it only a kind; so the others."""
    rows = EmailAddress.objects.filter(contact=contact)
    return _replace(rows, wanted, lambda row: row.address_norm, ("address", "kind"), lambda row: row.address)


def replace_phones(contact: Contact, wanted: Sequence[PhoneNumber]) -> Replaced | None:
    rows = PhoneNumber.objects.filter(contact=contact)
    return _replace(rows, wanted, lambda row: row.number, ("written", "kind"), lambda row: row.written)


ON_EARTH = ("latitude", "longitude")


def replace_addresses(contact: Contact, wanted: Sequence[PostalAddress]) -> Replaced | None:
    return _replace(
        PostalAddress.objects.filter(contact=contact), wanted, _place, ("kind", *ON_EARTH), lambda row: [*_place(row)]
    )


def plain(rows: Iterable[Any], told: Callable[[Any], Any]) -> list[Any]:
    """The primary first, then in the order they came."""
    return [told(row) for row in sorted(rows, key=lambda row: (not row.is_primary, row.pk or 0))]


def _replace(
    rows: Any,
    wanted: Sequence[Any],
    identity: Callable[[Any], Hashable],
    details: Sequence[str],
    told: Callable[[Any], Any],
) -> Replaced | None:
    kept = {identity(row): row for row in wanted}
    before = list(rows)
    old = plain(before, told)
    stays, goes = {}, []
    for row in before:
        if identity(row) in kept and identity(row) not in stays:
            stays[identity(row)] = row
        else:
            goes.append(row.pk)
    if goes:
        rows.filter(pk__in=goes).delete()
    names = (*details, "is_primary", "verified_at")
    updated = [row for key, row in stays.items() if _take_over(row, kept[key], names)]
    if updated:
        # The former primary steps down first: there is never more than one, not even for a moment.
        rows.filter(pk__in=[row.pk for row in updated]).update(is_primary=False)
        rows.model.objects.bulk_update(updated, names)
    new = [row for key, row in kept.items() if key not in stays]
    rows.model.objects.bulk_create(new)
    return (old, plain([*stays.values(), *new], told)) if goes or updated or new else None


def _take_over(row: Any, wanted: Any, details: Sequence[str]) -> bool:
    if wanted.says_verified is None or (wanted.says_verified and row.verified_at):
        wanted.verified_at = row.verified_at
    if set(ON_EARTH) <= set(details) and wanted.latitude is None:
        wanted.latitude, wanted.longitude = row.latitude, row.longitude
    differing = [name for name in details if getattr(row, name) != getattr(wanted, name)]
    for name in differing:
        setattr(row, name, getattr(wanted, name))
    return bool(differing)


def _place(row: PostalAddress) -> tuple[str, ...]:
    return tuple(getattr(row, part) for part in ADDRESS_PARTS)
