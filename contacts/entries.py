"""E-mails, phones and postal addresses on their way to a contact, checked and normalised."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts import phones
from contacts.models.people import ChildKind, Contact, EmailAddress, PhoneNumber, PostalAddress
from ecrm.keys import address_hash
from ecrm.mail import addresses

Row = TypeVar("Row", EmailAddress, PhoneNumber, PostalAddress)


@dataclass(frozen=True, slots=True)
class EmailEntry:
    """The first of a list is the primary one. ``is_verified`` None leaves that as it is; so the others."""

    address: str
    kind: str = ChildKind.OTHER
    is_verified: bool | None = None


@dataclass(frozen=True, slots=True)
class PhoneEntry:
    """``number`` as written; a country code is taken from the contact's country, else the tenant's."""

    number: str
    kind: str = ChildKind.OTHER
    is_verified: bool | None = None


@dataclass(frozen=True, slots=True)
class AddressEntry:
    """``latitude`` and ``longitude`` in degrees, both or neither; None leaves them as they are."""

    street: str = ""
    postcode: str = ""
    city: str = ""
    region: str = ""
    country: str = ""
    kind: str = ChildKind.OTHER
    is_verified: bool | None = None
    latitude: float | None = None
    longitude: float | None = None


def email_rows(contact: Contact, given: Iterable[str | EmailEntry]) -> list[EmailAddress]:
    """Unsaved rows, the first primary, the same address once. Raises ``ValidationError`` for ``emails``."""
    rows: dict[str, EmailAddress] = {}
    for entry in (EmailEntry(one) if isinstance(one, str) else one for one in given):
        norm = _valid_address(entry.address)
        row = EmailAddress(
            contact=contact,
            address=entry.address.strip(),
            address_norm=norm,
            address_hash=address_hash(norm),
            kind=entry.kind,
            is_primary=not rows,
        )
        rows.setdefault(norm, _said(row, entry.is_verified))
    return list(rows.values())


def phone_rows(contact: Contact, given: Iterable[str | PhoneEntry], *, country: str) -> list[PhoneNumber]:
    """Unsaved rows, the first primary, the same number once. Raises ``ValidationError`` for ``phones``."""
    rows: dict[str, PhoneNumber] = {}
    for entry in (PhoneEntry(one) if isinstance(one, str) else one for one in given):
        try:
            number = phones.e164(entry.number, country=country)
        except ValidationError as error:
            raise ValidationError({"phones": error}) from error
        row = PhoneNumber(
            contact=contact, number=number, written=entry.number.strip(), kind=entry.kind, is_primary=not rows
        )
        rows.setdefault(number, _said(row, entry.is_verified))
    return list(rows.values())


def address_rows(contact: Contact, given: Sequence[AddressEntry]) -> list[PostalAddress]:
    """Unsaved rows, the first primary; entries without a word are left out. Raises ``ValidationError``."""
    filled = [entry for entry in given if entry.street or entry.postcode or entry.city or entry.region or entry.country]
    rows = [
        PostalAddress(
            contact=contact,
            street=entry.street.strip(),
            postcode=entry.postcode.strip(),
            city=entry.city.strip(),
            region=entry.region.strip(),
            country=entry.country.strip().upper(),
            kind=entry.kind,
            is_primary=position == 0,
            latitude=entry.latitude,
            longitude=entry.longitude,
        )
        for position, entry in enumerate(filled)
    ]
    if any(not _is_on_earth(entry) for entry in filled):
        raise ValidationError({"addresses": _("Latitudes go from -90 to 90, longitudes from -180 to 180.")})
    return [_said(row, entry.is_verified) for row, entry in zip(rows, filled, strict=True)]


def _is_on_earth(entry: AddressEntry) -> bool:
    """Both coordinates or neither, and within their bounds."""
    latitude, longitude = entry.latitude, entry.longitude
    if latitude is None or longitude is None:
        return latitude is longitude
    return -90 <= latitude <= 90 and -180 <= longitude <= 180


def refuse_taken(contact: Contact, rows: Sequence[EmailAddress]) -> None:
    """Raises ``ValidationError`` for ``emails`` when another unbinned person has one of these.

    Each error has the code ``taken`` and in ``params`` the address, ``contact_id`` and ``name``.
    """
    norms = [row.address_norm for row in rows]
    holders = (
        EmailAddress.objects.filter(address_norm__in=norms, binned_at=None)
        .exclude(contact=contact.pk)
        .select_related("contact")
    )
    errors = [_taken(holder) for holder in holders]
    if errors:
        raise ValidationError({"emails": errors})


def _said(row: Row, is_verified: bool | None) -> Row:
    row.says_verified = is_verified
    row.verified_at = timezone.now() if is_verified else None
    return row


def _taken(holder: EmailAddress) -> ValidationError:
    params: dict[str, Any] = {
        "address": holder.address_norm,
        "name": str(holder.contact),
        "contact_id": holder.contact_id,
    }
    words = _("%(address)s belongs to %(name)s already.") if holder.contact.name else _("%(address)s is taken already.")
    return ValidationError(words, code="taken", params=params)


def _valid_address(address: str) -> str:
    try:
        return addresses.validate(address)
    except addresses.AddressError as error:
        refused = ValidationError(str(error), code="invalid", params={"address": address})
        raise ValidationError({"emails": refused}) from error
