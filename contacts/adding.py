"""A further email address, phone number or postal address of a person, written where those stand.

Adding takes nothing away, so nobody can be in its way: what is there by then stays first.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from contacts.entries import AddressEntry, EmailEntry, PhoneEntry
from contacts.forms import PLACE, AddressForm, EmailForm, PhoneForm
from contacts.models import Contact

_FORMS: dict[str, tuple[Any, tuple[str, ...], Any]] = {
    "emails": (EmailForm, ("address",), _("Email")),
    "phones": (PhoneForm, ("number",), _("Phone")),
    "place": (AddressForm, PLACE, _("Place")),
}
KEYS = frozenset(_FORMS)


def label(key: str) -> Any:
    return _FORMS[key][2] if key in _FORMS else None


def form(key: str, posted: Any, contact: Contact) -> Any:
    """Empty, but for what is known of a place that has no address yet."""
    made, names, _label = _FORMS[key]
    initial = {"city": contact.city, "country": contact.country} if key == "place" else {}
    found: forms.Form = made(posted, initial=initial, use_required_attribute=False)
    found.fields = {name: found.fields[name] for name in names}
    if key != "place":
        found.fields[names[0]].required = True
    return found


def changes(key: str, contact: Contact, given: dict[str, Any]) -> dict[str, Any]:
    """As ``services.edit_contact`` takes them."""
    if key == "emails":
        return {key: [*emails(contact), EmailEntry(given["address"])]}
    if key == "phones":
        return {key: [*phones(contact), PhoneEntry(given["number"])]}
    place = {"city": given["city"], "country": given["country"]}
    if not any(given[name] for name in ("street", "postcode", "region")):
        return place
    return {"addresses": [*_addresses(contact), AddressEntry(**given)], **({} if contact.city else place)}


def emails(contact: Contact) -> list[EmailEntry]:
    rows = contact.emails.order_by("-is_primary", "id")
    return [EmailEntry(row.address, row.kind) for row in rows]


def phones(contact: Contact) -> list[PhoneEntry]:
    rows = contact.phones.order_by("-is_primary", "id")
    return [PhoneEntry(row.written, row.kind) for row in rows]


def _addresses(contact: Contact) -> list[AddressEntry]:
    rows = contact.addresses.order_by("-is_primary", "id")
    return [AddressEntry(**{part: getattr(row, part) for part in PLACE}, kind=row.kind) for row in rows]
