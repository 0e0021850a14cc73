"""Reads where values came from: the latest origin of each for a page, or all changes of a person."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from django.db import connection
from django.db.models import Q
from django.utils.dateparse import parse_datetime

from contacts.models import Company, CompanyChange, Contact, ContactChange
from contacts.provenance.sources import source_label
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import User
from ecrm.ui.pages import Page, keyset_page

SIZE = 20
ORDER = ("-at", "-id")
_READ_BACK = 200


@dataclass(frozen=True, slots=True)
class Origin:
    """How a value came to be what it is.

    ``old`` is what stood there before, as it was written down; ``old_name`` the name of the company or
    colleague it stands for.
    """

    key: str
    change_id: int
    source_type: str
    source_id: int | None
    at: datetime
    by_name: str
    old: Any
    old_name: str

    @property
    def source_label(self) -> str:
        return source_label(self.source_type)

    @classmethod
    def read(cls, found: Mapping[str, Any]) -> Self:
        at = parse_datetime(found["at"])
        assert at is not None
        return cls(
            key=found["key"],
            change_id=found["change"],
            source_type=found["source"],
            source_id=found["source_id"],
            at=at,
            by_name=found["by"] or "",
            old=found["old"],
            old_name=found["old_name"] or "",
        )


Origins = dict[str, Origin]


@dataclass(frozen=True, slots=True)
class Change:
    """One key of one act, as the list of changes tells it; references are names."""

    id: int
    key: str
    source_type: str
    source_id: int | None
    at: datetime
    by_name: str
    old: Any
    new: Any
    old_name: str
    new_name: str

    @property
    def source_label(self) -> str:
        return source_label(self.source_type)


def of(contact_id: int) -> Origins:
    """The latest origin of each value, by key; a key that is missing came with the person. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT ({LATEST}) FROM {Contact.table()} person WHERE person.tenant_id = %s AND person.id = %s",
            [require_tenant_id(), contact_id],
        )
        row = cursor.fetchone()
    return origins(json.loads(row[0]) if row else [])


def origins(found: Iterable[Mapping[str, Any]]) -> Origins:
    """From what ``LATEST`` answers."""
    return {one["key"]: Origin.read(one) for one in found}


def of_company(company_id: int) -> Origins:
    """The same for a company; a key that is missing came when a person named it."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT ({_LATEST_OF_COMPANY}) FROM {Company.table()} company"
            " WHERE company.tenant_id = %s AND company.id = %s",
            [require_tenant_id(), company_id],
        )
        row = cursor.fetchone()
    return origins(json.loads(row[0]) if row else [])


def _latest(one: str, changes: str, reference: str) -> str:
    """For ``one`` of an outer statement: a list of objects, one a key."""
    return f"""
    SELECT coalesce(jsonb_agg(jsonb_build_object(
               'key', latest.key, 'change', latest.id, 'source', latest.source_type, 'source_id', latest.source_id,
               'at', latest.at, 'old', latest.old, 'old_name', CASE
                   WHEN latest.key = 'company' AND jsonb_typeof(latest.old) = 'number' THEN
                       (SELECT employer.name FROM {Company.table()} employer
                         WHERE employer.tenant_id = {one}.tenant_id AND employer.id = latest.old::bigint)
                   WHEN latest.key = 'owner' AND jsonb_typeof(latest.old) = 'number' THEN
                       (SELECT coalesce(nullif(former.name, ''), former.email) FROM {User._meta.db_table} former
                         WHERE former.id = latest.old::bigint) END,
               'by', coalesce(nullif(member.name, ''), member.email))), '[]')
      FROM (SELECT DISTINCT ON (given.key) given.key, act.id, act.at, act.source_type, act.source_id, act.by_id,
                   given.value -> 0 AS old
              FROM (SELECT * FROM {changes} change
                     WHERE change.tenant_id = {one}.tenant_id AND change.{reference} = {one}.id
                     ORDER BY change.at DESC, change.id DESC LIMIT {_READ_BACK}) act,
                   jsonb_each(act.changes) AS given (key, value)
             ORDER BY given.key, act.at DESC, act.id DESC) latest
      LEFT JOIN {User._meta.db_table} member ON member.id = latest.by_id"""


LATEST = _latest("person", ContactChange.table(), "contact_id")
_LATEST_OF_COMPANY = _latest("company", CompanyChange.table(), "company_id")


def history(of_whom: Contact | Company, *, cursor: str | None = None, key: str = "") -> tuple[Page[Any], list[Change]]:
    """A page of acts, newest first, and what each of them changed; of one ``key`` only, if given."""
    acts: Any = of_whom.changes.select_related("by")
    if key:
        acts = acts.filter(Q(changes__has_key=key))
    page = keyset_page(acts, order=ORDER, cursor=cursor, size=SIZE)
    names = _names(page.rows)
    return page, [one for act in page.rows for one in _changes(act, names) if not key or one.key == key]


def _changes(act: ContactChange | CompanyChange, names: Mapping[tuple[str, int], str]) -> Iterator[Change]:
    by = act.by.name or act.by.email if act.by else ""
    for key, (old, new) in sorted(act.changes.items()):
        named = [names.get((key, value), "") if isinstance(value, int) else "" for value in (old, new)]
        yield Change(act.pk, key, act.source_type, act.source_id, act.at, by, old, new, named[0], named[1])


def _names(acts: Iterable[ContactChange | CompanyChange]) -> dict[tuple[str, int], str]:
    """Names of the owners and companies that are spoken of, two queries at most."""
    said = {
        key: {value for act in acts for value in act.changes.get(key, ()) if isinstance(value, int)}
        for key in ("owner", "company")
    }
    found: dict[tuple[str, int], str] = {}
    if said["owner"]:
        members = User.objects.filter(pk__in=said["owner"])
        found |= {("owner", pk): name or email for pk, name, email in members.values_list("pk", "name", "email")}
    if said["company"]:
        companies = Company.objects.filter(pk__in=said["company"])
        found |= {("company", pk): name for pk, name in companies.values_list("pk", "name")}
    return found
