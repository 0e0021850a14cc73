"""Putting values in: set-based, whoever writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts import dirty, events, provenance
from contacts.fields import references
from contacts.fields.kinds import check, stored
from contacts.fields.reading import PREFIX, by_key, prefixed, values
from contacts.models import Company, Contact, CustomField, CustomValue
from ecrm.audit import services as audit
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Membership, User

Given = Mapping[int, Mapping[str, Any]]
Changes = dict[int, dict[str, tuple[Any, Any]]]


@dataclass(frozen=True, slots=True)
class Source:
    """Where values came from, as ``ContactChange`` keeps it."""

    type: str = "web"
    id: int | None = None


WEB = Source()


@transaction.atomic
def write(entity: str, given: Given, *, by: User | None, at: datetime | None = None, source: Source = WEB) -> Changes:
    """Sets values by the key of their field and answers what differed: ``{id: {"f:<key>": (old, new)}}``.

    Keys left out stay as they are, None empties. Set-based, with provenance, history and audit. Raises
    ``ValidationError`` by ``f:<key>``.
    """
    at = at or timezone.now()
    fields = by_key(entity)
    changes = put(entity, checked_many(fields, given), fields)
    if not changes:
        return changes
    if entity == CustomField.Entity.CONTACT:
        _tell_of_people(changes, by=by, at=at, source=source)
    else:
        companies = Company.objects.filter(pk__in=list(changes))
        companies.update(updated_at=at)
        by_id = by.pk if by else None
        provenance.record_of_company(changes, by_id=by_id, source_type=source.type, source_id=source.id, at=at)
        audit.record_each("company.changed", by=by, subjects=companies.only("pk"), at=at)
    return changes


def checked(entity: str, given: Mapping[str, Any], membership: Membership | None = None) -> dict[str, Any]:
    """Values of one person or company in their one form, references by id.

    Raises ``ValidationError`` by ``f:<key>``. A field that ``membership`` does not see is as unknown as
    one that is not there.
    """
    return checked_many(by_key(entity, membership), {0: given}, membership)[0]


def checked_many(
    fields: Mapping[str, CustomField], given: Given, membership: Membership | None = None
) -> dict[int, dict[str, Any]]:
    """The same for many, whose errors come together; a query or two for references, none without."""
    problems: dict[str, list[ValidationError]] = {}
    rows = [_in_form(fields, row, problems) for row in given.values()]
    rows = references.resolve(fields, rows, membership)
    for row in rows:
        for key, value in row.items():
            if isinstance(value, ValidationError):
                problems.setdefault(f"{PREFIX}{key}", []).append(value)
    if problems:
        raise ValidationError(problems)
    return dict(zip(given, rows, strict=True))


def _in_form(
    fields: Mapping[str, CustomField], given: Mapping[str, Any], problems: dict[str, list[ValidationError]]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in given.items():
        try:
            found[key] = check(_known(fields, key), value)
        except ValidationError as error:
            problems.setdefault(f"{PREFIX}{key}", []).append(error)
    return found


def _known(fields: Mapping[str, CustomField], key: str) -> CustomField:
    if key not in fields:
        raise ValidationError(_("There is no field “%(key)s”."), params={"key": key[:60]})
    return fields[key]


def put(entity: str, given: Given, fields: Mapping[str, CustomField] | None = None) -> Changes:
    """Writes checked values; who calls this records the change. Three statements, of companies four."""
    fields = by_key(entity) if fields is None else fields
    touched = [fields[key] for key in {key for row in given.values() for key in row}]
    former = values(entity, list(given), touched)
    changes: Changes = {}
    gone: list[tuple[int, int]] = []
    rows: list[tuple[Any, ...]] = []
    for owner_id in sorted(given):
        for key, value in given[owner_id].items():
            field, old = fields[key], former.get(owner_id, {}).get(key)
            if value == old:
                continue
            changes.setdefault(owner_id, {})[prefixed(field)] = (old, value)
            if value is None or field.kind == CustomField.Kind.CHOICES:
                gone.append((owner_id, field.pk))
            if value is not None:
                rows += [(owner_id, field.pk, *row) for row in stored(field, value)]
    _delete(entity, gone)
    _upsert(entity, rows)
    if entity == CustomField.Entity.COMPANY and changes:
        # Segments ask these fields of people; what changed a person marks them where it is told.
        dirty.mark_where(Contact.objects.filter(company__in=list(changes)), reason="field:company")
    return changes


def _tell_of_people(changes: Changes, *, by: User | None, at: datetime, source: Source) -> None:
    Contact.objects.filter(pk__in=list(changes)).update(updated_at=at)
    provenance.record(
        provenance.NewChange(contact_id, changed, source.type, source.id, by.pk if by else None, at)
        for contact_id, changed in changes.items()
    )
    actor_id = by.pk if by is not None else None
    events.record_many(
        [
            events.NewEvent("contact.changed", contact_id, at=at, actor_id=actor_id, properties={"fields": sorted(one)})
            for contact_id, one in changes.items()
        ]
    )
    if len(changes) == 1:
        (contact_id,) = changes
        subject = Contact.objects.only("pk").get(pk=contact_id)
        audit.record("contact.changed", by=by, subject=subject, fields=sorted(changes[contact_id]), at=at)
    else:
        fields = sorted({key for one in changes.values() for key in one})
        audit.record("contacts.changed", by=by, fields=fields, count=len(changes), at=at)


def _delete(entity: str, pairs: Sequence[tuple[int, int]]) -> None:
    if not pairs:
        return
    owner_ids, field_ids = zip(*pairs, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {CustomValue.table()} one USING unnest(%s::bigint[], %s::bigint[]) AS gone (owner, field)"
            f" WHERE one.tenant_id = %s AND one.{entity}_id = gone.owner AND one.field_id = gone.field",
            [list(owner_ids), list(field_ids), require_tenant_id()],
        )


_TYPES = (
    *("bigint", "bigint", "bigint", "text", "float8", "bigint", "text", "date", "timestamptz", "boolean"),
    *("bigint", "bigint", "bigint"),
)
_COLUMNS = (
    *("text_value", "number_value", "money_value", "currency", "date_value", "at_value", "bool_value"),
    *("choice_id", "person_value_id", "company_value_id"),
)


def _upsert(entity: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if not rows:
        return
    owner, columns = f"{entity}_id", ", ".join(_COLUMNS)
    arrays = ", ".join(f"%s::{kind}[]" for kind in _TYPES)
    kept = ", ".join(f"{name} = excluded.{name}" for name in (*_COLUMNS, "text_norm"))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {CustomValue.table()} (tenant_id, {owner}, field_id, slot, {columns}, text_norm)"
            f" SELECT %s, given.*, search.norm(given.text_value)"
            f"   FROM unnest({arrays}) AS given ({owner}, field_id, slot, {columns})"
            f"  ORDER BY given.{owner}, given.field_id, given.slot"
            f" ON CONFLICT (tenant_id, {owner}, field_id, slot) WHERE {owner} IS NOT NULL DO UPDATE SET {kept}",
            [require_tenant_id(), *map(list, zip(*rows, strict=True))],
        )
