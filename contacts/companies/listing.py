"""What the list of companies shows of each: a page is found first, and read with one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from contacts import places, search
from contacts.models import Company, CompanyDomain, Contact
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Membership, User
from ecrm.tenancy.teams import visible_owner_ids
from ecrm.ui.pages import Count

ORDERS = {"name": ("name_norm", "id"), "created": ("created_at", "id")}
DEFAULT_ORDER = "name"
FOUND_AT_MOST = 200
# Beyond it a number says "more than": counting ten thousand for each of fifty rows would be felt.
COUNTED_PEOPLE = 500


@dataclass(frozen=True, slots=True)
class Row:
    id: int
    name: str
    place: str
    domains: Sequence[str]
    owner: str
    owner_key: str
    people: Count
    created_at: datetime


def search_ids(term: str, *, membership: Membership, at_most: int = FOUND_AT_MOST) -> list[int]:
    """Ids of unbinned companies that hold every word of ``term`` in name, domains or city, by name."""
    owner_ids = visible_owner_ids(membership)
    with connection.cursor() as cursor:
        cursor.execute("SELECT search.company_ids(%s, %s, %s::bigint[])", [term, at_most, owner_ids])
        return [row[0] for row in cursor.fetchall()]


def found_ids(term: str, *, membership: Membership, at_most: int = FOUND_AT_MOST) -> tuple[list[int], bool]:
    """The same; where there are none, those written alike, the most alike first, and True."""
    found = search_ids(term, membership=membership, at_most=at_most)
    if found:
        return found, False
    alike = search.alike_company_ids(term, membership=membership, at_most=min(at_most, search.ALIKE))
    return alike, bool(alike)


def rows(membership: Membership, ids: Sequence[int]) -> list[Row]:
    """In the order of ``ids``; people the member may not see are not counted."""
    if not ids:
        return []
    owner_ids = visible_owner_ids(membership)
    with connection.cursor() as cursor:
        cursor.execute(
            _ROWS,
            {
                "tenant": require_tenant_id(),
                "ids": list(ids),
                "all": owner_ids is None,
                "owners": owner_ids or [],
                "cap": COUNTED_PEOPLE + 1,
            },
        )
        read = {row[0]: _row(row) for row in cursor.fetchall()}
    return [read[pk] for pk in ids if pk in read]


def _row(read: tuple[Any, ...]) -> Row:
    pk, name, city, country, created_at, owner_name, owner_email, domains, people = read
    return Row(
        id=pk,
        name=name,
        place=", ".join(filter(None, (city, places.country_name(country) if country else ""))),
        domains=domains,
        owner=owner_name or owner_email or "",
        owner_key=owner_email or "",
        people=Count(min(people, COUNTED_PEOPLE), people > COUNTED_PEOPLE),
        created_at=created_at,
    )


_ROWS = f"""
    SELECT company.id, company.name, company.city, company.country, company.created_at, owner.name, owner.email,
           ARRAY(SELECT domain.domain_norm FROM {CompanyDomain.table()} domain
                  WHERE domain.tenant_id = company.tenant_id AND domain.company_id = company.id ORDER BY domain.id),
           (SELECT count(*) FROM (
              SELECT FROM {Contact.table()} person
               WHERE person.tenant_id = company.tenant_id AND person.company_id = company.id
                 AND person.binned_at IS NULL
                 AND (%(all)s OR person.owner_id IS NULL OR person.owner_id = ANY (%(owners)s::bigint[]))
               LIMIT %(cap)s) AS people)
      FROM {Company.table()} company
      LEFT JOIN {User._meta.db_table} owner ON owner.id = company.owner_id
     WHERE company.tenant_id = %(tenant)s AND company.id = ANY (%(ids)s)"""
