"""Everything about a batch of people, in one statement, as an export writes it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from contacts.models import (
    Company,
    Contact,
    EmailAddress,
    Identity,
    PhoneNumber,
    PostalAddress,
    Tag,
    Tagging,
)
from ecrm import prepared
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import User

# One person: own fields as JSON has them, and lists of ``emails``, ``phones``, ``addresses``,
# ``identities`` (the primary one first) and ``tags``.
Record = dict[str, Any]

_OWN = (
    *("name", "given_name", "family_name", "stage", "job_title", "language", "time_zone"),
    *("country", "city", "birthday", "source", "created_at", "last_active_at"),
)
_OF_PERSON = "one.tenant_id = person.tenant_id AND one.contact_id = person.id"


def _listed(table: str, *fields: str) -> str:
    pairs = ", ".join(f"'{field}', one.{field}" for field in fields)
    return (
        f"(SELECT coalesce(jsonb_agg(jsonb_build_object({pairs}, 'primary', one.is_primary, 'kind', one.kind,"
        " 'verified', one.verified_at IS NOT NULL, 'verified_at', one.verified_at)"
        " ORDER BY one.is_primary DESC, one.id), '[]')"
        f" FROM {table} one WHERE {_OF_PERSON})"
    )


_LISTS = {
    "emails": _listed(EmailAddress.table(), "address"),
    "phones": _listed(PhoneNumber.table(), "number", "written"),
    "addresses": _listed(
        PostalAddress.table(), "street", "postcode", "city", "region", "country", "latitude", "longitude"
    ),
    "identities": (
        "(SELECT coalesce(jsonb_agg(jsonb_build_object('namespace', one.namespace, 'external_id', one.external_id)"
        f" ORDER BY one.namespace, one.id), '[]') FROM {Identity.table()} one WHERE {_OF_PERSON})"
    ),
    "tags": (
        f"(SELECT coalesce(jsonb_agg(tag.name ORDER BY tag.name), '[]') FROM {Tagging.table()} one"
        f" JOIN {Tag.table()} tag ON tag.tenant_id = one.tenant_id AND tag.id = one.tag_id WHERE {_OF_PERSON})"
    ),
}
_PEOPLE = f"""
    SELECT person.id, owner.email, company.name, {", ".join(f"person.{name}" for name in _OWN)},
           {", ".join(_LISTS.values())}
      FROM {Contact.table()} person
      LEFT JOIN {User._meta.db_table} owner ON owner.id = person.owner_id
      LEFT JOIN {Company.table()} company ON company.tenant_id = person.tenant_id AND company.id = person.company_id
     WHERE person.tenant_id = %s AND person.id = ANY (%s)
     ORDER BY person.id"""


def read(ids: Sequence[int]) -> list[Record]:
    """By id. One query."""
    return [_record(row) for row in prepared.fetch_all(_PEOPLE, [require_tenant_id(), list(ids)])]


def _record(row: tuple[Any, ...]) -> Record:
    pk, owner, company, *rest = row
    own = {name: _plain(value) for name, value in zip(_OWN, rest, strict=False)}
    lists = {name: json.loads(value) for name, value in zip(_LISTS, rest[len(_OWN) :], strict=True)}
    return {"id": str(pk), **own, "owner": owner or "", "company": company or "", **lists}


def _plain(value: Any) -> Any:
    """Days and instants in ISO 8601; nothing is an empty text."""
    if value is None:
        return ""
    return value if isinstance(value, str) else value.isoformat()
