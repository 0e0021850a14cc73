"""Many people of one request: those no other row concerns are written together, the rest one by one.

What is written together is only what is sure to succeed. Whatever is in doubt (two rows about one
person, an address that is somebody else's, a value that does not fit) goes the way of a request of
its own, in the order the rows came, and gets its answer.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from contacts import fields
from contacts.api import reading, rows, writing
from contacts.api.rows import Word
from contacts.api.schemas import ContactRowIn
from contacts.models import Contact, EmailAddress, Identity
from contacts.services import creating, editing
from contacts.services.creating import Draft
from contacts.services.editing import Checked, Desk, Edit
from ecrm.api.access import ApiRequest
from ecrm.api.problems import Problem
from ecrm.api.schemas import LARGEST_ID
from ecrm.mail.addresses import normalise

# What two rows may have in common: an address, an identity or the person themselves.
Key = tuple[str, ...] | int
Told = dict[int, dict[str, Any]]


class _Row(NamedTuple):
    number: int
    given: ContactRowIn
    contact: Contact | None  # None: nobody is there yet


@dataclass(slots=True)
class _Sorted:
    new: list[_Row] = field(default_factory=list)
    known: list[_Row] = field(default_factory=list)
    doubtful: list[int] = field(default_factory=list)


def write(request: ApiRequest, given: Sequence[ContactRowIn]) -> list[dict[str, Any]]:
    """What became of each row, in their order."""
    sorted_ = _sort(request, given)
    told = _create(request, sorted_.new, sorted_.doubtful) | _change(request, sorted_.known, sorted_.doubtful)
    for number in sorted(sorted_.doubtful):
        told[number] = rows.alone(number, given[number], lambda row: _write(request, row))
    return [told[number] for number in range(len(given))]


def _write(request: ApiRequest, row: ContactRowIn) -> tuple[int, Word]:
    if row.id is not None:
        contact = reading.bare(request, row.id)
        return contact.pk, "updated" if writing.change(request, contact, row) else "unchanged"
    contact, result = writing.upsert(request, row)
    return contact.pk, result


def _create(request: ApiRequest, found: Sequence[_Row], doubtful: list[int]) -> Told:
    at, country = timezone.now(), creating.tenant_country()
    drafts: dict[int, Draft] = {}
    for row in found:
        try:
            changes = writing.changes_of(request, row.given, None)
            pairs = writing.pairs_of(row.given)
            drafts[row.number] = creating.draft(at=at, phone_country=country, identities=pairs, **changes)
        except (ValidationError, Problem):
            doubtful.append(row.number)
    try:
        made = creating.create_contacts(drafts=list(drafts.values()), by=request.user, at=at, via="api")
    except (IntegrityError, ValidationError):  # somebody was faster with one of them
        doubtful += drafts
        return {}
    return {number: rows.done(number, "created", contact.pk) for number, contact in zip(drafts, made, strict=True)}


def _change(request: ApiRequest, found: Sequence[_Row], doubtful: list[int]) -> Told:
    if not found:
        return {}
    with transaction.atomic():
        checked = _checked(request, found, doubtful)
        try:
            changed = editing.edit_contacts(edits=list(checked.values()), by=request.user, via="api")
        except (IntegrityError, ValidationError):
            doubtful += checked
            return {}
    return {
        number: rows.done(number, "updated" if one.contact.pk in changed else "unchanged", one.contact.pk)
        for number, one in checked.items()
    }


def _checked(request: ApiRequest, found: Sequence[_Row], doubtful: list[int]) -> dict[int, Checked]:
    edits: dict[int, Edit] = {}
    held = _held(request, found)
    for row in found:
        assert row.contact is not None
        try:
            edits[row.number] = _edit(request, row.given, row.contact, held.get(row.contact.pk, {}))
        except (ValidationError, Problem):
            doubtful.append(row.number)
    desk = Desk(edits.values(), phone_country=creating.tenant_country())
    checked: dict[int, Checked] = {}
    for number, edit in edits.items():
        try:
            checked[number] = desk.check(edit)
        except (ValidationError, KeyError):
            doubtful.append(number)
    return checked


def _edit(request: ApiRequest, given: ContactRowIn, contact: Contact, held: Mapping[str, Any]) -> Edit:
    changes = writing.changes_of(request, given, contact, held)
    apart = {name: changes.pop(name) for name in _APART if name in changes}
    pairs = writing.pairs_of(given)
    return Edit(contact.pk, own=changes, identities=pairs, adds=given.id is None, **apart)


_APART = ("company", "emails", "phones", "addresses", "tags", "custom_fields")


def _held(request: ApiRequest, found: Sequence[_Row]) -> dict[int, dict[str, Any]]:
    """Custom fields that people have, of those whose rows touch a stage or a field."""
    asked = [
        row.contact.pk
        for row in found
        if row.contact and not row.given.model_fields_set.isdisjoint({"stage", "custom_fields"})
    ]
    return fields.values("contact", asked, fields.by_key("contact", request.membership).values())


def _sort(request: ApiRequest, given: Sequence[ContactRowIn]) -> _Sorted:
    """Four queries tell whom every row means."""
    emails, identities = _holders_of_emails(given), _holders_of_identities(given)
    asked = {int(row.id) for row in given if row.id is not None and int(row.id) <= LARGEST_ID}
    ids = {*asked, *emails.values(), *identities.values()}
    people = {contact.pk: contact for contact in reading.visible(request).among(list(ids))}
    keys = [set(_keys(row, emails, identities)) for row in given]
    shared = Counter(key for row_keys in keys for key in row_keys)
    found = _Sorted()
    for number, row in enumerate(given):
        named = {key for key in keys[number] if isinstance(key, int)}
        contact = people.get(next(iter(named))) if len(named) == 1 else None
        if any(shared[key] > 1 for key in keys[number]) or len(named) > 1:
            found.doubtful.append(number)
        elif not named:
            found.new.append(_Row(number, row, None))
        elif contact is None or contact.binned_at is not None:
            found.doubtful.append(number)
        else:
            found.known.append(_Row(number, row, contact))
    return found


def _keys(row: ContactRowIn, emails: Mapping[str, int], identities: Mapping[tuple[str, str], int]) -> Iterable[Key]:
    """Ids of people are numbers: who the row names, and whoever has an address or identity of it."""
    if row.id is not None:
        yield int(row.id)
    for each in row.emails:
        norm = normalise(each.address)
        yield ("email", norm)
        if norm in emails:
            yield emails[norm]
    for pair in writing.pairs_of(row):
        yield ("identity", *pair)
        if pair in identities:
            yield identities[pair]


def _holders_of_emails(given: Sequence[ContactRowIn]) -> dict[str, int]:
    norms = {normalise(each.address) for row in given for each in row.emails}
    live = EmailAddress.objects.filter(address_norm__in=norms, binned_at=None)
    return dict(live.values_list("address_norm", "contact_id"))


def _holders_of_identities(given: Sequence[ContactRowIn]) -> dict[tuple[str, str], int]:
    by_namespace: dict[str, set[str]] = defaultdict(set)
    for row in given:
        for namespace, external_id in writing.pairs_of(row):
            by_namespace[namespace] |= {external_id, external_id.strip()}
    found: dict[tuple[str, str], int] = {}
    for namespace, external_ids in by_namespace.items():
        known = Identity.objects.filter(namespace=namespace, external_id__in=external_ids)
        pairs = known.values_list("external_id", "contact_id")
        found.update({(namespace, external_id): contact_id for external_id, contact_id in pairs})
    return found
