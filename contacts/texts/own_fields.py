"""The tenant's own fields as merge fields: ``{{ contact.fields.tier }}``.

Only those that every role sees: previews and messages are read by many.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django.utils import timezone, translation
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from contacts import fields
from contacts.fields.kinds import Kind, open_choices
from contacts.fields.reading import reference_names
from contacts.models import CustomField
from contacts.texts.merge_fields import FieldKind, MergeField
from ecrm.tenancy.context import current_tenant_id, require_tenant_id
from ecrm.tenancy.models import Tenant
from ecrm.tenancy.settings_rows import once

PREFIX = "contact.fields."
Pairs = tuple[tuple[str, str], ...]

_USED = re.compile(r"contact\.fields\.([a-z][a-z0-9_]*)")
_KINDS = {
    Kind.NUMBER: FieldKind.NUMBER,
    Kind.DATE: FieldKind.DATE,
    Kind.DATETIME: FieldKind.DATE,
    Kind.LINK: FieldKind.ADDRESS,
}
_SAMPLES = {
    Kind.NUMBER: "12.5",
    Kind.MONEY: "€12.50",
    Kind.DATE: "2026-03-12",
    Kind.DATETIME: "2026-03-12T10:30:00",
    Kind.LINK: "https://example.com/",
    Kind.PERSON: "Ana Nowak",
    Kind.COMPANY: "Verdelume",
}


def offered() -> Iterator[MergeField]:
    """None while no tenant is bound."""
    for field in usable():
        yield MergeField(
            f"{PREFIX}{field.key}", field.label, _sample(field), _KINDS.get(Kind(field.kind), FieldKind.TEXT)
        )


def usable() -> list[CustomField]:
    if current_tenant_id() is None:
        return []
    return [field for field in fields.of("contact") if not field.visible_to]


def used_in(source: str) -> frozenset[str]:
    """Keys of the fields that a content speaks of."""
    return frozenset(_USED.findall(source))


def pairs(contact_ids: Collection[int], keys: Collection[str], language: str) -> dict[int, Pairs]:
    """Merge names and texts of each person, in the language of the message.

    Instants by the clock of the workspace, whoever sends. At most four queries, none without keys.
    """
    wanted = {field.key: field for field in usable() if field.key in keys} if keys else {}
    if not wanted:
        return {}
    found = fields.values("contact", contact_ids, wanted.values())
    names = reference_names(wanted, found.values())
    with translation.override(language), _clock_of_workspace(wanted.values()):
        return {
            contact_id: tuple(
                (f"{PREFIX}{key}", _text(wanted[key], value, names[wanted[key].kind])) for key, value in held.items()
            )
            for contact_id, held in found.items()
        }


def _clock_of_workspace(wanted: Iterable[CustomField]) -> AbstractContextManager[Any]:
    if all(field.kind != Kind.DATETIME for field in wanted):
        return nullcontext()
    tenants = Tenant.objects.values_list("time_zone", flat=True)
    return timezone.override(once("time_zone", lambda: tenants.get(pk=require_tenant_id())))


def _text(field: CustomField, value: Any, names: Mapping[int, str]) -> str:
    """As ``MergeField`` wants it: numbers with a decimal point, dates in ISO 8601, "no" as nothing."""
    match Kind(field.kind):
        case Kind.NUMBER:
            return format(value, ".15g")
        case Kind.DATE:
            return str(value)
        case Kind.DATETIME:
            instant = parse_datetime(value)
            return timezone.localtime(instant).strftime("%Y-%m-%dT%H:%M:%S") if instant else ""
        case Kind.BOOLEAN:
            return _("Yes") if value else ""
    return fields.shown(field, value, names)


def _sample(field: CustomField) -> str:
    if field.kind == Kind.BOOLEAN:
        return _("Yes")
    choices = open_choices(field) if field.has_choices else []
    return choices[0].label if choices else _SAMPLES.get(Kind(field.kind), field.label)
