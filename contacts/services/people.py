from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from contacts import entries, events, fields, provenance
from contacts.entries import AddressEntry, EmailEntry, PhoneEntry
from contacts.models import Company, Contact, EmailAddress
from contacts.services import identities
from contacts.services.assigning import EDITABLE, Changed, assign, copy_fields
from contacts.services.belonging import join_companies_by_domain
from contacts.services.creating import tenant_country
from contacts.services.naming import Namer
from contacts.services.searching import refresh_search
from contacts.services.tags import add_tags, set_tags
from ecrm.audit import services as audit
from ecrm.tenancy.models import User


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
    via: str = "",
    custom_fields: Mapping[str, Any] | None = None,
    **own: Any,
) -> Contact:
    """Adds a person. The first e-mail and phone are primary; ``company`` may be a name.

    Without one, the company whose domain they write from is theirs. ``via`` is the road they came on, which
    a company that is new keeps too (``CompanyChange.source_type``). ``custom_fields`` are values by key
    (``contacts.fields``). Raises ``ValidationError`` by field, ``f:<key>`` for custom ones; a taken
    address has the code ``taken`` (contacts.entries).
    """
    at = at or timezone.now()
    contact = Contact(created_at=at, updated_at=at, source=source)
    assign(contact, {**own, "company": company}, namer=Namer(by, via, at=at))
    contact.save(force_insert=True)
    _write_children(contact, emails=list(emails) or None, phones=list(phones) or None, addresses=addresses or None)
    if custom_fields:
        fields.put("contact", {contact.pk: fields.checked("contact", custom_fields)})
    _join_company(contact, at=at)
    refresh_search([contact.pk])
    events.record("contact.created", contact=contact, by=by, at=at, source=source)
    add_tags(contact_ids=[contact.pk], names=tags, by=by, at=at, are_new_people=True)
    audit.record("contact.created", by=by, subject=contact, at=at)
    return contact


@transaction.atomic
def edit_contact(
    *,
    contact: Contact,
    by: User | None,
    expected_updated_at: datetime | None = None,
    at: datetime | None = None,
    via: str = "",
    via_id: int | None = None,
    custom_fields: Mapping[str, Any] | None = None,
    **changes: Any,
) -> list[str]:
    """Changes the given fields (as in ``create_contact``) and returns the names of those that differ.

    Lists given (``emails``, ``phones``, ``addresses``, ``tags``) replace what is there. ``via`` and
    ``via_id`` say where the values come from (``ContactChange.source_type``); by hand unless told.
    Raises ``ValidationError`` by field, and ``StaleContact`` when ``expected_updated_at`` is not the
    instant of the last change.
    """
    at = at or timezone.now()
    current = Contact.objects.select_for_update().get(pk=contact.pk)
    if expected_updated_at is not None and current.updated_at != expected_updated_at:
        raise StaleContact(current)
    lists = {key: changes.pop(key) for key in ("emails", "phones", "addresses") if key in changes}
    tags = changes.pop("tags", None)
    changed = assign(current, changes, namer=Namer(by, via, via_id, at))
    changed |= _write_children(current, **lists)
    if custom_fields:
        given = {current.pk: fields.checked("contact", custom_fields)}
        changed |= fields.put("contact", given).get(current.pk, {})
    if tags is not None and (retagged := set_tags(contact=current, names=tags, by=by, at=at)):
        changed["tags"] = retagged
    if changed:
        _finish_edit(current, changed, by=by, at=at, via=via, via_id=via_id)
        copy_fields(current, contact)
    return list(changed)


def _finish_edit(
    contact: Contact, changed: Changed, *, by: User | None, at: datetime, via: str, via_id: int | None
) -> None:
    contact.updated_at = at
    contact.save(update_fields=[*EDITABLE, "updated_at"])
    if "emails" in changed and "company" not in changed:
        _join_company(contact, at=at)
    refresh_search([contact.pk])
    origin = via or ("web" if by else "system")
    provenance.record([provenance.NewChange(contact.pk, changed, origin, via_id, by_id=by.pk if by else None, at=at)])
    _tell_change(contact, changed, by=by, at=at)
    audit.record("contact.changed", by=by, subject=contact, fields=list(changed), at=at)


def _tell_change(contact: Contact, changed: Changed, *, by: User | None, at: datetime) -> None:
    """A stage has its own sentence in the history; the rest is named together."""
    if "stage" in changed:
        old, new = changed["stage"]
        events.record("contact.stage_changed", contact=contact, by=by, at=at, properties={"from": old, "to": new})
    others = sorted(set(changed) - {"stage"})
    if others:
        events.record("contact.changed", contact=contact, by=by, at=at, properties={"fields": others})


def _join_company(contact: Contact, *, at: datetime) -> None:
    if contact.company_id is None:
        joined = join_companies_by_domain([contact.pk], at=at)
        contact.company_id = joined.get(contact.pk)


def _write_children(
    contact: Contact,
    *,
    emails: Sequence[str | EmailEntry] | None = None,
    phones: Sequence[str | PhoneEntry] | None = None,
    addresses: Sequence[AddressEntry] | None = None,
) -> Changed:
    """Replaces the lists that are given; answers those that changed."""
    replaced = {}
    if emails is not None:
        replaced["emails"] = _write_emails(contact, entries.email_rows(contact, emails))
    if phones is not None:
        country = (contact.country or tenant_country()) if phones else ""
        rows = entries.phone_rows(contact, phones, country=country)
        replaced["phones"] = identities.replace_phones(contact, rows)
    if addresses is not None:
        replaced["addresses"] = identities.replace_addresses(contact, entries.address_rows(contact, addresses))
    return {key: found for key, found in replaced.items() if found is not None}


def _write_emails(contact: Contact, rows: list[EmailAddress]) -> identities.Replaced | None:
    entries.refuse_taken(contact, rows)
    try:
        with transaction.atomic():
            return identities.replace_emails(contact, rows)
    except IntegrityError:
        # Somebody took the address between the look and the insert.
        entries.refuse_taken(contact, rows)
        raise
