"""Companies as people, files and programs name them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import connection, transaction

from contacts import merged, provenance
from contacts.models import Company
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import User

LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Namer:
    """Who or what names a company: ``via`` and ``via_id`` as ``CompanyChange`` has its source."""

    by: User | None = None
    via: str = ""
    via_id: int | None = None
    at: datetime | None = None


NOBODY = Namer()


class Named(NamedTuple):
    """``ids`` by the name as given; ``new`` are those that were made for it."""

    ids: dict[str, int]
    new: set[int]


def get_or_create_companies(names: Iterable[str], *, namer: Namer = NOBODY) -> dict[str, int]:
    """Company ids by the name as given, set-based. Case, accents and spaces do not tell two apart.

    The name of a company that was merged into another means that one, while no other bears it. A company
    that is made keeps who named it.
    """
    return name_companies(names, namer=namer).ids


@transaction.atomic
def name_companies(names: Iterable[str], *, namer: Namer = NOBODY) -> Named:
    """As ``get_or_create_companies``, with which of them are new."""
    given = sorted({name for name in names if name.strip()})
    if not given:
        return Named({}, set())
    known = merged.companies_by_lost_name(given)
    missing = [name for name in given if name not in known]
    new = _make(missing)
    by_id = namer.by.pk if namer.by else None
    provenance.record_of_company(
        {pk: {"name": ("", name)} for pk, name in new.items()},
        by_id=by_id,
        source_type=namer.via,
        source_id=namer.via_id,
        at=namer.at,
    )
    return Named(known | _known(missing), set(new))


def folded(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_FOLDED} FROM (SELECT %s::text AS name) AS given", [name])
        return str(cursor.fetchone()[0])


def folded_names(names: Iterable[str]) -> dict[str, str]:
    """The same for many, by the name as given; what is nothing but space is left out. One query."""
    given = sorted({name for name in names if name.strip()})
    if not given:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT name, {_FOLDED} FROM unnest(%s::text[]) AS given (name)", [given])
        return dict(cursor.fetchall())


_FOLDED = "left(search.fold(regexp_replace(btrim(name), '\\s+', ' ', 'g')), 200)"


def _make(names: Sequence[str]) -> dict[int, str]:
    """Those that were not there: their names by id."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Company.table()} (tenant_id, name, name_norm, search_text,"
            "  phone, street, postcode, city, region, country, created_at, updated_at)"
            f" SELECT DISTINCT ON ({_FOLDED}) %s, left(btrim(name), 200), {_FOLDED}, ' ' || {_FOLDED},"
            "  '', '', '', '', '', '', now(), now()"
            f" FROM unnest(%s::text[]) AS given (name) ORDER BY {_FOLDED}, name"
            " ON CONFLICT (tenant_id, name_norm) WHERE binned_at IS NULL DO NOTHING RETURNING id, name",
            [require_tenant_id(), [*names]],
        )
        return dict(cursor.fetchall())


def _known(names: Sequence[str]) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT given.name, company.id FROM unnest(%s::text[]) AS given (name)"
            f" JOIN {Company.table()} company ON company.tenant_id = %s AND company.binned_at IS NULL"
            f" AND company.name_norm = {_FOLDED.replace('name', 'given.name')}",
            [[*names], require_tenant_id()],
        )
        return dict(cursor.fetchall())
