"""Taking one earlier value back."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from contacts import merged
from contacts.entries import AddressEntry, EmailEntry, PhoneEntry
from contacts.models import Company, Contact, ContactChange
from contacts.models.people import ChildKind
from contacts.services.assigning import EDITABLE
from contacts.services.identities import ADDRESS_PARTS
from contacts.services.linking import link_identities, remove_identity
from contacts.services.people import edit_contact
from ecrm.tenancy.models import User

LISTS = ("emails", "phones", "addresses", "tags")


def can_restore(key: str) -> bool:
    """Custom fields have their own way back (``contacts.fields``)."""
    return key in (*EDITABLE, *LISTS, "identities")


@transaction.atomic
def restore_value(
    *,
    contact: Contact,
    change: ContactChange,
    key: str,
    by: User | None,
    expected_updated_at: datetime | None = None,
) -> bool:
    """Makes ``key`` what it was before ``change``; False when it is that already.

    Whatever stands there now is kept as a change of its own, so that this can be taken back too.
    Raises ``ValidationError`` when the value cannot come back (an address somebody else has by now,
    a company or colleague who is gone) and ``StaleContact`` as ``edit_contact`` does.
    """
    if change.contact_id != contact.pk or key not in change.changes or not can_restore(key):
        raise ValidationError(_("This value cannot be restored."), code="missing")
    old = change.changes[key][0]
    if key == "identities":
        return _restore_identities(contact, old, by=by)
    value = value_of(contact, key, old)
    changed = edit_contact(
        contact=contact,
        by=by,
        expected_updated_at=expected_updated_at,
        via="undo",
        via_id=change.pk,
        **{key: value},
    )
    return key in changed


def value_of(contact: Contact, key: str, old: Any) -> Any:
    match key, old:
        case "company", int():
            return _found(Company.objects.filter(pk=merged.company_survivor_id(old), binned_at=None).first())
        case "owner", int():
            return _found(User.objects.filter(pk=old).first())
        case "birthday", str():
            return date.fromisoformat(old)
        case (("emails" | "phones" | "addresses"), list()):
            return _entries(contact, key, old)
    return old


def _entries(contact: Contact, key: str, old: list[Any]) -> list[Any]:
    """As they were written; those still there keep their kind."""
    if key == "emails":
        emails = dict(contact.emails.values_list("address", "kind"))
        return [EmailEntry(one, emails.get(one, ChildKind.OTHER)) for one in old]
    if key == "phones":
        phones = dict(contact.phones.values_list("written", "kind"))
        return [PhoneEntry(one, phones.get(one, ChildKind.OTHER)) for one in old]
    places = {tuple(parts): kind for *parts, kind in contact.addresses.values_list(*ADDRESS_PARTS, "kind")}
    return [
        AddressEntry(**dict(zip(ADDRESS_PARTS, parts, strict=True)), kind=places.get(tuple(parts), ChildKind.OTHER))
        for parts in old
    ]


def _found(row: Any) -> Any:
    if row is None:
        raise ValidationError(_("What stood there before is gone."), code="gone")
    return row


def _restore_identities(contact: Contact, old: list[list[str]], *, by: User | None) -> bool:
    wanted = [(namespace, external_id) for namespace, external_id in old]
    now = set(contact.identities.values_list("namespace", "external_id"))
    for namespace, external_id in now - set(wanted):
        remove_identity(contact=contact, namespace=namespace, external_id=external_id, by=by, via="undo")
    return bool(link_identities(contact=contact, identities=wanted, by=by, via="undo")) or now != set(wanted)
