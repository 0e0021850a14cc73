"""Changing many people at once, each in their own way: as ``edit_contact``, in a handful of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from contacts import entries, events, fields, provenance
from contacts.entries import AddressEntry, EmailEntry, PhoneEntry
from contacts.models import Company, Contact
from contacts.services import identities
from contacts.services.assigning import EDITABLE, Changed, assign
from contacts.services.belonging import join_companies_by_domain
from contacts.services.creating import companies_by_name
from contacts.services.identities import ADDRESSES, EMAILS, PHONES, Difference, Lines
from contacts.services.linking import Named, check_identity, link_each
from contacts.services.naming import Namer
from contacts.services.searching import refresh_search
from contacts.services.tags import add_tags_each, check_tags, set_tags_each
from ecrm.audit import services as audit
from ecrm.rowsets import rows_of
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import User

LISTS: dict[str, Lines] = {"emails": EMAILS, "phones": PHONES, "addresses": ADDRESSES}


@dataclass(slots=True)
class Edit:
    """What somebody wants changed of one person. Fields and lists that are not there stay as they are.

    ``company`` is a name, empty for none; None leaves it. ``adds`` puts e-mails, phones and tags to
    those there instead of in their place. ``custom_fields`` are in their one form (``fields.checked``).
    """

    contact_id: int
    own: Mapping[str, Any] = field(default_factory=dict)
    company: str | None = None
    emails: Sequence[EmailEntry] | None = None
    phones: Sequence[PhoneEntry] | None = None
    addresses: Sequence[AddressEntry] | None = None
    tags: Sequence[str] | None = None
    identities: Sequence[Named] = ()
    custom_fields: Mapping[str, Any] = field(default_factory=dict)
    adds: bool = False


@dataclass(slots=True)
class Checked:
    """An edit that can be written, with what it changes."""

    edit: Edit
    contact: Contact
    changed: Changed
    lists: dict[str, Difference]


class Desk:
    """The people of some edits, locked, with all that is compared: a handful of queries."""

    def __init__(self, edits: Collection[Edit], *, phone_country: str) -> None:
        ids = sorted({edit.contact_id for edit in edits})
        locked = Contact.objects.filter(pk__in=ids).order_by("pk").select_for_update()
        self.contacts: dict[int, Contact] = {contact.pk: contact for contact in locked}
        self.phone_country = phone_country
        self._rows = {
            name: _by_contact(lines.model.objects.filter(contact__in=ids).order_by("pk"))
            for name, lines in LISTS.items()
            if any(getattr(edit, name) is not None for edit in edits)
        }

    def check(self, edit: Edit) -> Checked:
        """Raises ``ValidationError`` by field, ``KeyError`` for somebody who is gone. No query, but for an owner."""
        contact = self.contacts[edit.contact_id]
        changed = assign(contact, dict(edit.own))
        check_tags(edit.tags or ())
        for named in edit.identities:
            check_identity(*named)
        lists = {
            name: identities.difference(lines, self._rows[name].get(contact.pk, []), self._wanted(name, edit, contact))
            for name, lines in LISTS.items()
            if getattr(edit, name) is not None
        }
        return Checked(edit, contact, changed, lists)

    def _wanted(self, name: str, edit: Edit, contact: Contact) -> list[Any]:
        given = getattr(edit, name)
        rows: list[Any]
        match name:
            case "emails":
                rows = entries.email_rows(contact, given)
            case "phones":
                rows = entries.phone_rows(contact, given, country=contact.country or self.phone_country)
            case _:
                return [*entries.address_rows(contact, given)]
        return _added(LISTS[name], self._rows[name].get(contact.pk, []), rows) if edit.adds else rows


def _added(lines: Lines, own: Sequence[Any], rows: Sequence[Any]) -> list[Any]:
    """Those there as they are, then the others; whoever has one keeps their primary."""
    known = {lines.identity(row) for row in own}
    new = [row for row in rows if lines.identity(row) not in known]
    for row in new:
        row.is_primary = row.is_primary and not own
    return [*own, *new]


@transaction.atomic
def edit_contacts(*, edits: Sequence[Checked], by: User | None, at: datetime | None = None, via: str = "") -> set[int]:
    """Writes edits that a ``Desk`` of this transaction has checked, each of another person; answers who changed.

    Provenance, history and audit are those of ``edit_contact``. Raises ``IntegrityError`` when an
    address or an identity is somebody else's: look before.
    """
    at = at or timezone.now()
    changes = {one.contact.pk: dict(one.changed) for one in edits}
    _place(edits, changes, Namer(by, via, at=at))
    _write_lists(edits, changes)
    values = {one.contact.pk: one.edit.custom_fields for one in edits if one.edit.custom_fields}
    for contact_id, found in (fields.put("contact", values) if values else {}).items():
        changes[contact_id] |= found
    replaced = {one.contact.pk: one.edit.tags for one in edits if one.edit.tags is not None and not one.edit.adds}
    for contact_id, retagged in set_tags_each(names=replaced, by=by, at=at).items():
        changes[contact_id]["tags"] = retagged
    touched = [one.contact for one in edits if changes[one.contact.pk]]
    _finish(touched, changes, by=by, at=at, via=via)
    return {contact.pk for contact in touched} | _add(edits, by=by, at=at, via=via)


def _place(edits: Sequence[Checked], changes: Mapping[int, Changed], namer: Namer) -> None:
    """Who works where now."""
    companies = companies_by_name((one.edit.company.strip() for one in edits if one.edit.company), namer=namer)
    for one in edits:
        if one.edit.company is None:
            continue
        company: Company | None = companies[name] if (name := one.edit.company.strip()) else None
        before, after = one.contact.company_id, company.pk if company else None
        if before != after:
            one.contact.company_id = after
            changes[one.contact.pk]["company"] = (before, after)


def _write_lists(edits: Sequence[Checked], changes: Mapping[int, Changed]) -> None:
    for name, lines in LISTS.items():
        concerned = [one for one in edits if name in one.lists]
        found = identities.write(lines, [one.lists[name] for one in concerned]) if concerned else []
        for one, replaced in zip(concerned, found, strict=True):
            if replaced is not None:
                changes[one.contact.pk][name] = replaced


def _add(edits: Sequence[Checked], *, by: User | None, at: datetime, via: str) -> set[int]:
    """Tags and identities that come to those there; answers to whom."""
    tags = {one.contact.pk: one.edit.tags for one in edits if one.edit.adds and one.edit.tags}
    linked = {one.contact.pk: one.edit.identities for one in edits if one.edit.identities}
    return add_tags_each(names=tags, by=by, at=at, via=via) | link_each(identities=linked, by=by, via=via, at=at)


def _finish(
    contacts: Sequence[Contact], changes: Mapping[int, Changed], *, by: User | None, at: datetime, via: str
) -> None:
    if not contacts:
        return
    _save(contacts, at)
    moved = [one.pk for one in contacts if "emails" in changes[one.pk] and "company" not in changes[one.pk]]
    join_companies_by_domain(moved, at=at)
    refresh_search([contact.pk for contact in contacts])
    actor_id = by.pk if by else None
    origin = via or ("web" if by else "system")
    provenance.record(provenance.NewChange(one.pk, changes[one.pk], origin, by_id=actor_id, at=at) for one in contacts)
    events.record_many([told for one in contacts for told in _told(one.pk, changes[one.pk], actor_id, at)])
    audit.record_each("contact.changed", by=by, subjects=contacts, at=at, fields=changes)


def _told(contact_id: int, changed: Changed, actor_id: int | None, at: datetime) -> Iterable[events.NewEvent]:
    """A stage has its own sentence in the history; the rest is named together."""
    if "stage" in changed:
        old, new = changed["stage"]
        moved = {"from": old, "to": new}
        yield events.NewEvent("contact.stage_changed", contact_id, at=at, actor_id=actor_id, properties=moved)
    others = sorted(set(changed) - {"stage"})
    if others:
        yield events.NewEvent(events.CHANGED, contact_id, at=at, actor_id=actor_id, properties={"fields": others})


def _save(contacts: Sequence[Contact], at: datetime) -> None:
    """All own fields of all of them, in one statement."""
    columns = {**dict.fromkeys(EDITABLE, "text"), "owner_id": "bigint", "company_id": "bigint", "birthday": "date"}
    del columns["owner"], columns["company"]
    given = rows_of(
        {
            "id": ("bigint", [contact.pk for contact in contacts]),
            **{name: (kind, [getattr(contact, name) for contact in contacts]) for name, kind in columns.items()},
        }
    )
    sets = ", ".join(f"{name} = given.{name}" for name in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {Contact.table()} person SET {sets}, updated_at = %s FROM ({given.sql}) AS given"
            " WHERE person.tenant_id = %s AND person.id = given.id",
            [at, *given.params, require_tenant_id()],
        )


def _by_contact(rows: Iterable[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.contact_id].append(row)
    return dict(found)
