from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts import entries, events
from contacts.entries import AddressEntry, EmailEntry, PhoneEntry
from contacts.models import Company, Contact, EmailAddress
from contacts.services import identities
from contacts.services.companies import LONGEST_NAME, get_or_create_companies
from contacts.services.searching import refresh_search
from contacts.services.tags import add_tags, set_tags
from ecrm.audit import services as audit
from ecrm.mail.addresses import normalise
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Membership, Tenant, User

EDITABLE = (
    *("name", "given_name", "family_name", "stage", "owner", "company", "job_title", "language"),
    *("time_zone", "country", "city", "birthday", "source"),
)


class StaleContact(Exception):
    """Somebody else has changed this person since the form was opened. ``current`` is as it is now."""

    def __init__(self, current: Contact) -> None:
        super().__init__(current.pk)
        self.current = current


@transaction.atomic
def create_contact(
    *,
    by: User | None,
    at: datetime | None = None,
    emails: Iterable[str | EmailEntry] = (),
    phones: Iterable[str | PhoneEntry] = (),
    addresses: Sequence[AddressEntry] = (),
    tags: Iterable[str] = (),
    company: str | Company | None = None,
    source: str = "",
    **fields: Any,
) -> Contact:
    """Adds a person. The first e-mail and phone are primary; ``company`` may be a name.

    Raises ``ValidationError`` by field; a taken address has the code ``taken`` (contacts.entries).
    """
    at = at or timezone.now()
    contact = Contact(created_at=at, updated_at=at, source=source)
    _assign(contact, {**fields, "company": company})
    contact.save(force_insert=True)
    _write_children(contact, emails=list(emails) or None, phones=list(phones) or None, addresses=addresses or None)
    refresh_search([contact.pk])
    events.record("contact.created", contact=contact, by=by, at=at, source=source)
    add_tags(contact_ids=[contact.pk], names=tags, by=by, at=at)
    audit.record("contact.created", by=by, subject=contact, at=at)
    return contact


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
        _assign(contact, {"name": name})
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
    refresh_search([contact.pk for contact in contacts])
    events.record_many([events.NewEvent("contact.created", one.pk, at=at, source=source) for one in contacts])
    audit.record_each("contact.created", by=None, subjects=contacts, at=at)
    return dict(zip(rows, contacts, strict=True))


@transaction.atomic
def edit_contact(
    *,
    contact: Contact,
    by: User | None,
    expected_updated_at: datetime | None = None,
    at: datetime | None = None,
    **changes: Any,
) -> list[str]:
    """Changes the given fields (as in ``create_contact``) and returns the names of those that differ.

    Lists given (``emails``, ``phones``, ``addresses``, ``tags``) replace what is there. Raises
    ``ValidationError`` by field, and ``StaleContact`` when ``expected_updated_at`` is not the
    instant of the last change.
    """
    at = at or timezone.now()
    current = Contact.objects.select_for_update().get(pk=contact.pk)
    if expected_updated_at is not None and current.updated_at != expected_updated_at:
        raise StaleContact(current)
    lists = {key: changes.pop(key) for key in ("emails", "phones", "addresses") if key in changes}
    tags = changes.pop("tags", None)
    changed = _assign(current, changes)
    changed += _write_children(current, **lists)
    if tags is not None and set_tags(contact=current, names=tags, by=by, at=at):
        changed.append("tags")
    if changed:
        _finish_edit(current, changed, by=by, at=at)
        _copy_fields(current, contact)
    return changed


def find_by_email(address: str) -> Contact | None:
    """The unbinned person with this address, however it is written."""
    row = EmailAddress.objects.filter(address_norm=normalise(address), binned_at=None).select_related("contact").first()
    return row.contact if row else None


def _finish_edit(contact: Contact, changed: list[str], *, by: User | None, at: datetime) -> None:
    contact.updated_at = at
    contact.save(update_fields=[*EDITABLE, "updated_at"])
    refresh_search([contact.pk])
    events.record("contact.changed", contact=contact, by=by, at=at, properties={"fields": sorted(changed)})
    audit.record("contact.changed", by=by, subject=contact, fields=changed, at=at)


def _copy_fields(source: Contact, target: Contact) -> None:
    for name in (*EDITABLE, "updated_at"):
        setattr(target, name, getattr(source, name))


def _assign(contact: Contact, values: dict[str, Any]) -> list[str]:
    """Sets own fields and returns the names of those that changed, the name's own change included."""
    unknown = set(values) - set(EDITABLE)
    if unknown:
        raise TypeError(f"A contact has no editable field {', '.join(sorted(unknown))}.")
    before, was_composed = _snapshot(contact), contact.name == _composed(contact)
    if "company" in values:
        values = {**values, "company": _company(values["company"])}
    for name, value in values.items():
        setattr(contact, name, value.strip() if isinstance(value, str) else value)
    if not contact.name or (was_composed and "name" not in values):
        contact.name = _composed(contact)
    contact.country = contact.country.upper()
    _check(contact)
    after = _snapshot(contact)
    return [name for name in EDITABLE if before[name] != after[name]]


def _snapshot(contact: Contact) -> dict[str, Any]:
    """Own fields as they are; references by id, so that looking costs no query."""
    return {name: contact.__dict__.get(name, contact.__dict__.get(f"{name}_id")) for name in EDITABLE}


def _composed(contact: Contact) -> str:
    return f"{contact.given_name} {contact.family_name}".strip()


def _check(contact: Contact) -> None:
    contact.clean_fields(exclude={"tenant", "owner", "company", "sort_key", "search_text"})
    owner_id = contact.owner_id
    if owner_id and not Membership.objects.filter(tenant=require_tenant_id(), user=owner_id).exists():
        raise ValidationError({"owner": _("This person is not a member of this workspace.")})


def _company(given: str | Company | None) -> Company | None:
    if not isinstance(given, str):
        return given
    name = given.strip()
    if len(name) > LONGEST_NAME:
        too_long = _("A company's name has at most %(limit)d letters.") % {"limit": LONGEST_NAME}
        raise ValidationError({"company": too_long})
    ids = get_or_create_companies([name])
    return Company.objects.get(pk=ids[name]) if name else None


def _write_children(
    contact: Contact,
    *,
    emails: Sequence[str | EmailEntry] | None = None,
    phones: Sequence[str | PhoneEntry] | None = None,
    addresses: Sequence[AddressEntry] | None = None,
) -> list[str]:
    """Replaces the lists that are given; returns the names of those that changed."""
    changed = []
    if emails is not None and _write_emails(contact, entries.email_rows(contact, emails)):
        changed.append("emails")
    if phones is not None:
        country = (contact.country or _tenant_country()) if phones else ""
        if identities.replace_phones(contact, entries.phone_rows(contact, phones, country=country)):
            changed.append("phones")
    if addresses is not None and identities.replace_addresses(contact, entries.address_rows(contact, addresses)):
        changed.append("addresses")
    return changed


def _write_emails(contact: Contact, rows: list[EmailAddress]) -> bool:
    entries.refuse_taken(contact, rows)
    try:
        with transaction.atomic():
            return identities.replace_emails(contact, rows)
    except IntegrityError:
        # Somebody took the address between the look and the insert.
        entries.refuse_taken(contact, rows)
        raise


def _tenant_country() -> str:
    return Tenant.objects.values_list("country", flat=True).get(pk=require_tenant_id())
