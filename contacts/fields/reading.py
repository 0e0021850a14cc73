"""Which fields there are, and what is in them: one statement each, however many people and fields."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from contacts.fields.kinds import Kind, loaded, shown
from contacts.models import Company, Contact, CustomChoice, CustomField, CustomValue
from ecrm import prepared
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


def is_unseen(key: str, seen: Container[str]) -> bool:
    """Of any own field or ``f:<key>``: whether nothing may be told of it. ``seen`` are the keys of ``by_key``."""
    return key.startswith(PREFIX) and key.removeprefix(PREFIX) not in seen


def unseen(entity: str, membership: Membership) -> set[str]:
    """``f:<key>`` of the fields that a member must not hear of: hidden from their roles, or deleted."""
    hidden = {prefixed(field) for field in _every() if field.entity == entity}
    return hidden - {prefixed(field) for field in of(entity, membership)}


def hidden(entity: str, membership: Membership) -> set[str]:
    """``f:<key>`` of the fields hidden from a member's roles, deleted ones among them.

    Not those whose key belongs by now to a field that the member sees.
    """
    found = {prefixed(field) for field in _every() if field.entity == entity and not is_visible(field, membership)}
    return found - {prefixed(field) for field in of(entity, membership)} if found else found


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
    """``{id: {key: words}}``, of people and companies by their name. One query.

    ``membership`` hides the names of people and companies whom this member does not see.
    """
    found: dict[int, dict[str, list[str]]] = {}
    for owner_id, field, words, _target in _told(entity, ids, fields, membership):
        found.setdefault(owner_id, {}).setdefault(field.key, []).append(words)
    return {pk: {key: _listed(words) for key, words in said.items()} for pk, said in found.items()}


def told(
    entity: str, owner_id: int, fields: Sequence[CustomField], membership: Membership
) -> dict[str, tuple[str, int | None]]:
    """The same for one, with the id of the person or company that a value names and this member sees."""
    found: dict[str, list[str]] = {}
    targets: dict[str, int | None] = {}
    for _owner_id, field, words, target in _told(entity, [owner_id], fields, membership):
        found.setdefault(field.key, []).append(words)
        targets[field.key] = target
    return {key: (_listed(words), targets[key]) for key, words in found.items()}


def _told(
    entity: str, ids: Collection[int], fields: Sequence[CustomField], membership: Membership | None
) -> Iterator[tuple[int, CustomField, str, int | None]]:
    wanted = {field.pk: field for field in fields}
    owner_ids = visible_owner_ids(membership) if membership is not None else None
    rows = _rows(entity, list(ids), list(wanted), _NAMES) if wanted and ids else ()
    for owner_id, field_id, *columns in rows:
        field, names = wanted[field_id], columns[-len(_NAMES) :]
        value = loaded(field, columns[: -len(_NAMES)])
        if field.kind not in _REFERENCES:
            yield owner_id, field, shown(field, value), None
        elif _is_seen(names, owner_ids):
            yield owner_id, field, _name(names), value
        else:
            yield owner_id, field, _("Not visible to you"), None


def _listed(words: Sequence[str]) -> str:
    return pgettext("between the items of a list", ", ").join(words)


_REFERENCES = (Kind.PERSON, Kind.COMPANY)


def _name(row: Sequence[Any]) -> str:
    person, _person_owner, company, _company_owner = row
    return company or person or _("Unnamed contact")


def _is_seen(row: Sequence[Any], owner_ids: Collection[int] | None) -> bool:
    _person, person_owner, company, company_owner = row
    owner_id = company_owner if company is not None else person_owner
    return owner_ids is None or owner_id is None or owner_id in owner_ids


def reference_names(
    fields: Mapping[str, CustomField], given: Iterable[Mapping[str, Any]], membership: Membership | None = None
) -> dict[str, dict[int, str]]:
    """The names of referenced people and companies by kind and id; a query for each kind that occurs."""
    ids: dict[str, set[int]] = {Kind.PERSON: set(), Kind.COMPANY: set()}
    for values_ in given:
        for key, value in values_.items():
            if fields[key].kind in ids:
                ids[fields[key].kind].add(value)
    named: dict[str, dict[int, str]] = {kind: {} for kind in Kind.values}
    owner_ids = visible_owner_ids(membership) if membership is not None else None
    for kind, model in ((Kind.PERSON, Contact), (Kind.COMPANY, Company)):
        rows = (
            model._default_manager.filter(pk__in=ids[kind]).values_list("pk", "name", "owner_id") if ids[kind] else ()
        )
        for pk, *row in rows:
            names = (*row, None, None)
            named[kind][pk] = _name(names) if _is_seen(names, owner_ids) else _("Not visible to you")
    return named


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
    for row in prepared.fetch_all(_DEFINITIONS, [require_tenant_id()]):
        field: Any = _FIELD.read(row)
        field = fields.setdefault(field.pk, field)
        listed = field.__dict__.setdefault("listed_choices", [])
        if row[_FIELD.count] is not None:
            listed.append(_CHOICE.read(row, start=_FIELD.count))
    return list(fields.values())


# Of whom a value refers to: name and owner, the person's and the company's.
_NAMES = ("person.name", "person.owner_id", "company.name", "company.owner_id")
_NAMED = f"""
    LEFT JOIN {Contact.table()} person ON person.tenant_id = one.tenant_id AND person.id = one.person_value_id
    LEFT JOIN {Company.table()} company ON company.tenant_id = one.tenant_id AND company.id = one.company_value_id"""


def _rows(entity: str, ids: list[int], field_ids: list[int], further: Sequence[str] = ()) -> list[tuple[Any, ...]]:
    owner = f"{entity}_id"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT one.{owner}, one.field_id, one.text_value, one.number_value, one.money_value, one.currency,"
            "        one.date_value, one.at_value, one.bool_value, choice.key, one.person_value_id,"
            f"        one.company_value_id{''.join(f', {name}' for name in further)}"
            f"  FROM {CustomValue.table()} one"
            f"  LEFT JOIN {CustomChoice.table()} choice"
            "    ON choice.tenant_id = one.tenant_id AND choice.id = one.choice_id"
            f"{_NAMED if further else ''}"
            f" WHERE one.tenant_id = %s AND one.{owner} = ANY (%s) AND one.field_id = ANY (%s)"
            f" ORDER BY one.{owner}, choice.position, one.id",
            [require_tenant_id(), ids, field_ids],
        )
        return list(cursor.fetchall())
