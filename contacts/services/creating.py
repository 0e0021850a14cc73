"""Many new people at once: each checked on its own, all written together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from contacts import entries, events, fields, planner
from contacts.entries import AddressEntry, EmailEntry, PhoneEntry
from contacts.models import Company, Contact, EmailAddress, PhoneNumber, PostalAddress
from contacts.services.assigning import assign
from contacts.services.belonging import join_companies_by_domain
from contacts.services.linking import Named, check_identity, link_each
from contacts.services.naming import Namer, get_or_create_companies
from contacts.services.searching import refresh_search
from contacts.services.tags import check_tags, give_tags
from ecrm.audit import services as audit
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Tenant, User
from ecrm.tenancy.settings_rows import once

MANY = 200  # from here on it is worth a look whether the planner knows the workspace


@dataclass(slots=True)
class Draft:
    """A person who was checked and is not written yet. ``company`` is a name."""

    contact: Contact
    company: str = ""
    emails: list[EmailAddress] = field(default_factory=list)
    phones: list[PhoneNumber] = field(default_factory=list)
    addresses: list[PostalAddress] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    identities: list[Named] = field(default_factory=list)
    custom_fields: Mapping[str, Any] = field(default_factory=dict)


def draft(
    *,
    at: datetime,
    phone_country: str = "",
    company: str = "",
    emails: Iterable[str | EmailEntry] = (),
    phones: Iterable[str | PhoneEntry] = (),
    addresses: Sequence[AddressEntry] = (),
    tags: Iterable[str] = (),
    identities: Iterable[Named] = (),
    custom_fields: Mapping[str, Any] | None = None,
    source: str = "",
    **own: Any,
) -> Draft:
    """A new person as ``create_contact`` takes one. Raises ``ValidationError`` by field.

    No query, but for an owner. ``phone_country`` is that of numbers without one, where the person has
    none; ``custom_fields`` are values in their one form (``fields.checked``).
    """
    contact = Contact(created_at=at, updated_at=at, source=source)
    assign(contact, own)
    check_tags(tags)
    for named in identities:
        check_identity(*named)
    return Draft(
        contact,
        company.strip(),
        entries.email_rows(contact, emails),
        entries.phone_rows(contact, phones, country=contact.country or phone_country),
        entries.address_rows(contact, addresses),
        [*tags],
        [*identities],
        custom_fields or {},
    )


@transaction.atomic
def create_contacts(
    *, drafts: Sequence[Draft], by: User | None, at: datetime | None = None, via: str = ""
) -> list[Contact]:
    """Adds people in some twenty statements, however many; answers them in their order.

    History and audit say of each what their draft said, ``at`` is the instant of the rest. Raises
    ``IntegrityError`` when an address or an identity is somebody's already: look before.
    """
    if not drafts:
        return []
    at = at or timezone.now()
    contacts = _write(drafts, Namer(by, via, at=at))
    if len(contacts) >= MANY:
        planner.tell()
    ids = [contact.pk for contact in contacts]
    given = {one.contact.pk: one.custom_fields for one in drafts if one.custom_fields}
    if given:
        fields.put("contact", given)
    joined = join_companies_by_domain([pk for pk, one in zip(ids, contacts, strict=True) if not one.company_id], at=at)
    for contact in contacts:
        contact.company_id = contact.company_id or joined.get(contact.pk)
    refresh_search(ids)
    actor_id = by.pk if by else None
    events.record_many(
        [
            events.NewEvent("contact.created", one.pk, at=one.created_at, actor_id=actor_id, source=one.source)
            for one in contacts
        ]
    )
    tags = {one.contact.pk: one.tags for one in drafts if one.tags}
    since = {one.pk: one.created_at for one in contacts}
    give_tags(names=tags, by=by, since=since)
    audit.record_each("contact.created", by=by, subjects=contacts, at=since)
    link_each(identities={one.contact.pk: one.identities for one in drafts if one.identities}, by=by, via=via, at=at)
    return contacts


def _write(drafts: Sequence[Draft], namer: Namer) -> list[Contact]:
    """The rows themselves. Addresses in order, so that two batches cannot deadlock."""
    companies = companies_by_name((one.company for one in drafts), namer=namer)
    for one in drafts:
        if one.company:
            one.contact.company = companies[one.company]
    contacts = Contact.objects.bulk_create([one.contact for one in drafts])
    for one in drafts:
        rows: list[Any] = [*one.emails, *one.phones, *one.addresses]
        for row in rows:
            row.contact = one.contact  # again, now that it has an id
    in_order = sorted((one for one in drafts if one.emails), key=lambda one: one.emails[0].address_norm)
    EmailAddress.objects.bulk_create([row for one in in_order for row in one.emails])
    PhoneNumber.objects.bulk_create([row for one in drafts for row in one.phones])
    PostalAddress.objects.bulk_create([row for one in drafts for row in one.addresses])
    return contacts


def companies_by_name(names: Iterable[str], *, namer: Namer) -> dict[str, Company]:
    """By the name as given; made where there is none. Three statements."""
    ids = get_or_create_companies(names, namer=namer)
    rows = Company.objects.in_bulk(set(ids.values()))
    return {name: rows[pk] for name, pk in ids.items()}


def tenant_country() -> str:
    """Where a phone number without a country code belongs."""
    mine = Tenant.objects.values_list("country", flat=True)
    return once("country", lambda: mine.get(pk=require_tenant_id()))
