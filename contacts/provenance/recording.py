"""Writes what changed, whatever the number of people, with one statement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.utils import timezone

from contacts.models import CompanyChange, ContactChange
from ecrm.rowsets import JSON, rows_of
from ecrm.tenancy.context import require_tenant_id

_COLUMNS = "contact_id, at, by_id, source_type, source_id, changes"


@dataclass(frozen=True, slots=True)
class NewChange:
    """``changes`` is ``{key: (old, new)}``; dates become ISO strings, references are ids.

    "emails" and "phones" are lists as written, the primary first; "addresses" lists of (street,
    postcode, city, region, country); "tags" names; "identities" pairs. ``at`` None means now.
    """

    contact_id: int
    changes: Mapping[str, tuple[Any, Any]]
    source_type: str = "web"
    source_id: int | None = None
    by_id: int | None = None
    at: datetime | None = None


def record(rows: Iterable[NewChange]) -> int:
    """Keeps where values came from; rows without a real change are left out. Answers how many were written."""
    now = timezone.now()
    telling = [(row, changed) for row in rows if (changed := _json(row.changes))]
    if not telling:
        return 0
    given = rows_of(
        {
            "contact_id": ("bigint", [row.contact_id for row, _changed in telling]),
            "at": ("timestamptz", [row.at or now for row, _changed in telling]),
            "by_id": ("bigint", [row.by_id for row, _changed in telling]),
            "source_type": ("text", [row.source_type for row, _changed in telling]),
            "source_id": ("bigint", [row.source_id for row, _changed in telling]),
            "changes": (JSON, [changed for _row, changed in telling]),
        }
    )
    return record_sql(f"SELECT {_COLUMNS} FROM ({given.sql}) AS given", given.params)


def record_of_company(
    changes: Mapping[int, Mapping[str, tuple[Any, Any]]],
    *,
    by_id: int | None,
    source_type: str = "",
    source_id: int | None = None,
    at: datetime | None = None,
) -> None:
    """The same for companies by their id; "domains" is a list. By hand unless told, by itself without ``by_id``."""
    CompanyChange.objects.bulk_create(
        CompanyChange(
            company_id=company_id,
            at=at or timezone.now(),
            by_id=by_id,
            source_type=source_type or ("web" if by_id else "system"),
            source_id=source_id,
            changes=orjson.loads(telling),
        )
        for company_id, changed in changes.items()
        if (telling := _json(changed))
    )


def record_sql(select: str, params: Iterable[Any]) -> int:
    """The same for what a statement finds: it selects contact_id, at, by_id, source_type, source_id, changes.

    ``changes`` is JSONB of ``{key: [old, new]}`` as in ``NewChange``; empty objects are left out.
    """
    with connection.cursor() as cursor:
        # OFFSET keeps the planner from making the changes twice, to write them and to see whether there are any.
        cursor.execute(
            f"INSERT INTO {ContactChange.table()} (tenant_id, {_COLUMNS})"
            f" SELECT %s, {_COLUMNS} FROM ({select} OFFSET 0) AS changed ({_COLUMNS}) WHERE changes <> '{{}}'::jsonb",
            [require_tenant_id(), *params],
        )
        return int(cursor.rowcount)


def _json(changes: Mapping[str, tuple[Any, Any]]) -> str:
    real = {key: [old, new] for key, (old, new) in changes.items() if old != new}
    return orjson.dumps(real, default=_ENCODER.default).decode() if real else ""


_ENCODER = DjangoJSONEncoder()
