"""New rows of a dry run that look like somebody who is here already (``contacts.duplicates.arriving``).

Only the first stretches are looked at: enough to say whether it is worth looking, cheap whatever the
size of the file.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import orjson
from django.db import connection

from contacts.duplicates.arriving import Given, looks_like
from contacts.models import ImportRow, ImportRun, MatchKey
from ecrm.tenancy.context import require_tenant_id

MOST_ROWS = 10_000
BATCH = 2_000
KEPT = 200


def looks_on(counts: dict[str, Any]) -> bool:
    """Whether more rows should be looked at: not enough have been, and there are keys to find people by."""
    return counts.get("looked", 0) < MOST_ROWS and MatchKey.objects.exists()


def note(run: ImportRun, counts: dict[str, Any]) -> dict[str, Any]:
    """Adds the new rows of ``import_plan`` to ``counts``: ``looked`` at, ``alike`` somebody, and the first
    of those as ``alike_rows`` (line, the person's id, score, reasons)."""
    looked = counts.get("looked", 0)
    if not looks_on(counts):
        return counts
    rows = _new_rows(run, MOST_ROWS - looked)
    found = [
        [line, likely.contact_id, likely.score, likely.reasons]
        for start in range(0, len(rows), BATCH)
        for line, likely in sorted(looks_like(rows[start : start + BATCH]).items())
    ]
    return {
        **counts,
        "looked": looked + len(rows),
        "alike": counts.get("alike", 0) + len(found),
        "alike_rows": [*counts.get("alike_rows", []), *found][:KEPT],
    }


def _new_rows(run: ImportRun, most: int) -> list[Given]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT staged.line, staged.address_norm, (staged.values - 'apps' - 'custom')::text"
            f" FROM import_plan planned JOIN {ImportRow.table()} staged ON staged.tenant_id = %s AND staged.run_id = %s"
            "  AND staged.line = planned.line WHERE planned.is_new ORDER BY staged.line LIMIT %s",
            [require_tenant_id(), run.pk, most],
        )
        return [_given(line, norm, orjson.loads(values)) for line, norm, values in cursor.fetchall()]


def _given(line: int, norm: str, values: dict[str, Any]) -> Given:
    return Given(
        line,
        name=values.get("name") or f"{values.get('given_name', '')} {values.get('family_name', '')}".strip(),
        emails=[*filter(None, (norm, values.get("email2_norm"))), *(one["norm"] for one in values.get("emails", ()))],
        phones=[phone["number"] for phone in values.get("phones", ()) if phone.get("number")],
        city=values.get("city", ""),
        street=values.get("street", ""),
        postcode=values.get("postcode", ""),
        company=values.get("company", ""),
        ids=[*filter(None, [values.get("external_id")]), *(one for _system, one in values.get("identities", ()))],
        born=date.fromisoformat(values["birthday"]) if values.get("birthday") else None,
    )
