"""Finding the people and companies that values name in words: many at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils.translation import gettext as _

from contacts import merged
from contacts.fields.kinds import Kind
from contacts.models import Company, Contact, CustomField, EmailAddress
from ecrm.mail.addresses import normalise
from ecrm.search.matching import fold
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Membership
from ecrm.tenancy.teams import visible_owner_ids

KINDS = (Kind.PERSON, Kind.COMPANY)
_NUMBERED = re.compile(r"#(?P<number>[0-9]{1,18})\s+(?P<name>\S.*)", re.DOTALL)


def resolve(
    fields: Mapping[str, CustomField], given: Iterable[Mapping[str, Any]], membership: Membership | None = None
) -> list[dict[str, Any]]:
    """The same values with ids where people and companies were named; at most five queries.

    What was not found, is in the bin or may not be seen by ``membership`` is a ``ValidationError``
    in the place of the value.
    """
    rows = [dict(values) for values in given]
    for kind in KINDS:
        keys = [key for key, field in fields.items() if field.kind == kind]
        named = {row[key] for row in rows for key in keys if row.get(key) is not None}
        if named:
            known = _known(kind, named, membership)
            for row in rows:
                row.update({key: known.get(row[key]) or _lost(kind, row[key]) for key in keys if row.get(key)})
    return rows


def _known(kind: str, named: set[Any], membership: Membership | None) -> dict[Any, int]:
    """Ids by what was given for them."""
    texts = {text for text in named if isinstance(text, str)}
    found: dict[Any, int] = {number: number for number in named if isinstance(number, int)}
    found |= _people_in(texts) if kind == Kind.PERSON else companies_by_name(texts)
    model: Any = Contact if kind == Kind.PERSON else Company
    rows = model.objects.filter(pk__in=set(found.values()), binned_at=None)
    owner_ids = visible_owner_ids(membership) if membership is not None else None
    open_ids = {
        pk
        for pk, owner_id in rows.values_list("pk", "owner_id")
        if owner_ids is None or owner_id is None or owner_id in owner_ids
    }
    return {text: pk for text, pk in found.items() if pk in open_ids}


def _people_in(texts: set[str]) -> dict[str, int]:
    return _people_by_number(texts) | _people_by_address(texts)


def _people_by_number(texts: set[str]) -> dict[str, int]:
    """ "#5 Ana Silva", as an export writes it, is whoever has the number only if they have the name too."""
    numbered = {text: match for text in texts if (match := _NUMBERED.fullmatch(text.strip()))}
    if not numbered:
        return {}
    people = Contact.objects.filter(pk__in={int(match["number"]) for match in numbered.values()})
    names = {pk: fold(name) for pk, name in people.values_list("pk", "name") if name}
    return {
        text: int(match["number"])
        for text, match in numbered.items()
        if names.get(int(match["number"])) == fold(match["name"])
    }


def _people_by_address(texts: set[str]) -> dict[str, int]:
    """ "Ana Silva <ana@example.com>" is as good as the address."""
    norms = {text: address_in(text) for text in texts if "@" in text}
    rows = EmailAddress.objects.filter(address_norm__in=set(norms.values()), binned_at=None)
    holders = dict(rows.values_list("address_norm", "contact_id"))
    return {text: holders[norm] for text, norm in norms.items() if norm in holders}


def address_in(text: str) -> str:
    return normalise(text.rpartition("<")[2].rstrip("> "))


def companies_by_name(texts: set[str]) -> dict[str, int]:
    if not texts:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT given.name, company.id FROM unnest(%s::text[]) AS given (name)"
            f"  JOIN {Company.table()} company ON company.tenant_id = %s AND company.binned_at IS NULL"
            "   AND company.name_norm = left(search.fold(regexp_replace(btrim(given.name), '\\s+', ' ', 'g')), 200)",
            [sorted(texts), require_tenant_id()],
        )
        known = dict(cursor.fetchall())
    missing = sorted(texts - known.keys())
    return known | merged.companies_by_lost_name(missing) if missing else known


def _lost(kind: str, value: Any) -> ValidationError:
    text = {"text": str(value)[:60]}
    if kind == Kind.COMPANY:
        return ValidationError(_("There is no company “%(text)s”."), code="unknown", params=text)
    return ValidationError(_("There is no contact “%(text)s”. Give their email address."), code="unknown", params=text)
