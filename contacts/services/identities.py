"""Replacing people's e-mails, phones and postal addresses; rows that stay keep their id."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from contacts.models import Contact, EmailAddress, PhoneNumber, PostalAddress

ADDRESS_PARTS = ("street", "postcode", "city", "region", "country")
ON_EARTH = ("latitude", "longitude")
# What was there and what is there now, as plain values (``contacts.provenance.NewChange``).
Replaced = tuple[list[Any], list[Any]]


def _place(row: PostalAddress) -> tuple[str, ...]:
    return tuple(getattr(row, part) for part in ADDRESS_PARTS)


@dataclass(frozen=True, slots=True)
class Lines:
    """A kind of rows below a person: what makes two the same, what may differ in them, and how they are told."""

    model: Any
    identity: Callable[[Any], Hashable]
    details: tuple[str, ...]
    told: Callable[[Any], Any]


EMAILS = Lines(EmailAddress, lambda row: row.address_norm, ("address", "kind"), lambda row: row.address)
PHONES = Lines(PhoneNumber, lambda row: row.number, ("written", "kind"), lambda row: row.written)
ADDRESSES = Lines(PostalAddress, _place, ("kind", *ON_EARTH), lambda row: [*_place(row)])


@dataclass(slots=True)
class Difference:
    """What has to be written so that the rows of a person are those wanted."""

    old: list[Any]
    stays: list[Any] = field(default_factory=list)
    gone: list[Any] = field(default_factory=list)
    updated: list[Any] = field(default_factory=list)
    new: list[Any] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not (self.gone or self.updated or self.new)


def replace_emails(contact: Contact, wanted: Sequence[EmailAddress]) -> Replaced | None:
    """None when nothing was different, be it only a kind; so the others."""
    return _replace(EMAILS, contact, wanted)


def replace_phones(contact: Contact, wanted: Sequence[PhoneNumber]) -> Replaced | None:
    return _replace(PHONES, contact, wanted)


def replace_addresses(contact: Contact, wanted: Sequence[PostalAddress]) -> Replaced | None:
    return _replace(ADDRESSES, contact, wanted)


def difference(lines: Lines, before: Collection[Any], wanted: Sequence[Any]) -> Difference:
    """``before`` takes over what is wanted of it; nothing is written yet."""
    kept = {lines.identity(row): row for row in wanted}
    found = Difference(old=plain(before, lines.told))
    stays: dict[Hashable, Any] = {}
    for row in before:
        if lines.identity(row) in kept and lines.identity(row) not in stays:
            stays[lines.identity(row)] = row
        else:
            found.gone.append(row)
    found.stays = list(stays.values())
    found.updated = [row for key, row in stays.items() if _take_over(row, kept[key], _names(lines))]
    found.new = [row for key, row in kept.items() if key not in stays]
    return found


def write(lines: Lines, differences: Collection[Difference]) -> list[Replaced | None]:
    """Writes them for any number of people with four statements at most; answers as ``replace_emails``."""
    gone = [row.pk for one in differences for row in one.gone]
    updated = [row for one in differences for row in one.updated]
    rows = lines.model.objects
    if gone:
        rows.filter(pk__in=gone).delete()
    if updated:
        # The former primary steps down first: there is never more than one, not even for a moment.
        rows.filter(pk__in=[row.pk for row in updated]).update(is_primary=False)
        rows.bulk_update(updated, _names(lines))
    rows.bulk_create([row for one in differences for row in one.new])
    return [None if one.is_empty else (one.old, plain([*one.stays, *one.new], lines.told)) for one in differences]


def plain(rows: Iterable[Any], told: Callable[[Any], Any]) -> list[Any]:
    """The primary first, then in the order they came."""
    return [told(row) for row in sorted(rows, key=lambda row: (not row.is_primary, row.pk or 0))]


def _replace(lines: Lines, contact: Contact, wanted: Sequence[Any]) -> Replaced | None:
    before = list(lines.model.objects.filter(contact=contact))
    return write(lines, [difference(lines, before, wanted)])[0]


def _names(lines: Lines) -> tuple[str, ...]:
    return (*lines.details, "is_primary", "verified_at")


def _take_over(row: Any, wanted: Any, details: Sequence[str]) -> bool:
    if wanted.says_verified is None or (wanted.says_verified and row.verified_at):
        wanted.verified_at = row.verified_at
    if set(ON_EARTH) <= set(details) and wanted.latitude is None:
        wanted.latitude, wanted.longitude = row.latitude, row.longitude
    differing = [name for name in details if getattr(row, name) != getattr(wanted, name)]
    for name in differing:
        setattr(row, name, getattr(wanted, name))
    return bool(differing)
