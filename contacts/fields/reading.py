"""Which fields there are, and what is in them: one statement each, however many people and fields."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from contacts.fields.kinds import Kind, loaded, shown
from contacts.models import Company, Contact, CustomChoice, CustomField, CustomValue
from ecrm.instances import Columns
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Membership
from ecrm.tenancy.roles import by_roles
from ecrm.tenancy.settings_rows import forget, once
from ecrm.tenancy.teams import visible_owner_ids

Values = dict[int, dict[str, Any]]

PREFIX = "f:"
_MEMORY = "contacts.fields"


def of(entity: str, membership: Membership | None = None) -> list[CustomField]:
    """The fields of ``contact`` or ``company`` in their order, those only that this member sees.

    With their choices. One query for both entities, none when the same request asks again.
    """
    fields = (field for field in _every() if field.entity == entity and field.deleted_at is None)
    return [field for field in fields if membership is None or is_visible(field, membership)]


def deleted(entity: str) -> list[CustomField]:
    """Those that can come back, the latest first."""
    found = [field for field in _every() if field.entity == entity and field.deleted_at is not None]
    return sorted(found, key=lambda field: field.deleted_at, reverse=True)  # type: ignore[arg-type, return-value]


def by_key(entity: str, membership: Membership | None = None) -> dict[str, CustomField]:
    return {field.key: field for field in of(entity, membership)}


def prefixed(field: CustomField) -> str:
    """What the field is called beside own fields: ``f:tier``."""
    return f"{PREFIX}{field.key}"


def is_visible(field: CustomField, membership: Membership) -> bool:
    return not field.visible_to or membership.may(by_roles(field.visible_to))


def forget_fields() -> None:
    """After a definition has changed."""
    forget(_MEMORY)
    for memory in _made_of_fields:
        forget(memory)


def made_of_fields(memory: str) -> str:
    """A key of ``settings_rows.once`` whose answer hangs on the definitions too."""
    _made_of_fields.append(memory)
    return memory


_made_of_fields: list[str] = []


def values(entity: str, ids: Collection[int], fields: Iterable[CustomField] | None = None) -> Values:
    """``{id: {key: value}}``; who has none is left out. One query."""
    wanted = {field.pk: field for field in (of(entity) if fields is None else fields)}
    found: Values = {}
    if not wanted or not ids:
        return found
    for owner_id, field_id, *columns in _rows(entity, list(ids), list(wanted)):
        field, person = wanted[field_id], found.setdefault(owner_id, {})
        value = loaded(field, columns)
        if field.kind == Kind.CHOICES:
            person.setdefault(field.key, []).append(value)
        else:
            person[field.key] = value
    return found


def texts(
    entity: str, ids: Collection[int], fields: Sequence[CustomField], membership: Membership | None = None
) -> dict[int, dict[str, str]]:
    """``{id: {key: words}}``, of people and companies by their name. At most three queries.

    ``membership`` hides the names of people whom this member does not see.
    """
    found = values(entity, ids, fields)
    wanted = {field.key: field for field in fields}
    names = reference_names(wanted, found.values(), membership)
    return {
        owner_id: {key: shown(wanted[key], value, names[wanted[key].kind]) for key, value in given.items()}
        for owner_id, given in found.items()
    }


def reference_names(
    fields: Mapping[str, CustomField], given: Iterable[Mapping[str, Any]], membership: Membership | None = None
) -> dict[str, dict[int, str]]:
    """The names of referenced people and companies by kind and id; a query for each kind that occurs."""
    ids: dict[str, set[int]] = {Kind.PERSON: set(), Kind.COMPANY: set()}
    for values_ in given:
        for key, value in values_.items():
            if fields[key].kind in ids:
                ids[fields[key].kind].add(value)
    named = {kind: {} for kind in Kind.values} | {Kind.PERSON: _people(ids[Kind.PERSON], membership)}
    if ids[Kind.COMPANY]:
        named[Kind.COMPANY] = dict(Company.objects.filter(pk__in=ids[Kind.COMPANY]).values_list("pk", "name"))
    return named


def _people(ids: set[int], membership: Membership | None) -> dict[int, str]:
    if not ids:
        return {}
    owner_ids = visible_owner_ids(membership) if membership is not None else None
    unseen, unnamed = _("Somebody you cannot see"), _("Unnamed contact")
    rows = Contact.objects.filter(pk__in=ids).values_list("pk", "name", "owner_id")
    return {
        pk: (name or unnamed) if owner_ids is None or owner_id is None or owner_id in owner_ids else unseen
        for pk, name, owner_id in rows
    }


_FIELD, _CHOICE = Columns(CustomField, "field"), Columns(CustomChoice, "choice")
_DEFINITIONS = f"""
    SELECT {_FIELD.sql}, {_CHOICE.sql}
      FROM {CustomField.table()} field
      LEFT JOIN {CustomChoice.table()} choice ON choice.tenant_id = field.tenant_id AND choice.field_id = field.id
     WHERE field.tenant_id = %s
     ORDER BY field.position, field.id, choice.position, choice.id"""


def _every() -> list[CustomField]:
    return once(_MEMORY, _read)


def _read() -> list[CustomField]:
    fields: dict[int, Any] = {}
    with connection.cursor() as cursor:
        cursor.execute(_DEFINITIONS, [require_tenant_id()])
        for row in cursor.fetchall():
            field: Any = _FIELD.read(row)
            field = fields.setdefault(field.pk, field)
            listed = field.__dict__.setdefault("listed_choices", [])
            if row[_FIELD.count] is not None:
                listed.append(_CHOICE.read(row, start=_FIELD.count))
    return list(fields.values())


def _rows(entity: str, ids: list[int], field_ids: list[int]) -> list[tuple[Any, ...]]:
    owner = f"{entity}_id"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT one.{owner}, one.field_id, one.text_value, one.number_value, one.money_value, one.currency,"
            "        one.date_value, one.at_value, one.bool_value, choice.key, one.person_value_id,"
            "        one.company_value_id"
            f"  FROM {CustomValue.table()} one"
            f"  LEFT JOIN {CustomChoice.table()} choice"
            "    ON choice.tenant_id = one.tenant_id AND choice.id = one.choice_id"
            f" WHERE one.tenant_id = %s AND one.{owner} = ANY (%s) AND one.field_id = ANY (%s)"
            f" ORDER BY one.{owner}, choice.position, one.id",
            [require_tenant_id(), ids, field_ids],
        )
        return list(cursor.fetchall())
