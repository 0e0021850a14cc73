"""New rows of a dry run that look like somebody who is here already: by name, phone or kin address.

Only the first stretches are looked at: enough to say whether it is worth looking, cheap whatever the
size of the file. What they share is what the search for duplicates goes by (``contacts.duplicates``).
"""

from __future__ import annotations

from typing import Any

from django.db import connection

from contacts.duplicates.kinds import Kind
from contacts.models import ImportRow, ImportRun, MatchKey
from ecrm.tenancy.context import require_tenant_id

MOST_ROWS = 20_500
KEPT = 200
# A name that more people have says nothing on its own.
_MANY = 10


def note(run: ImportRun, counts: dict[str, Any]) -> dict[str, Any]:
    """Adds the rows of ``import_plan`` to ``counts``: ``looked`` at, ``alike`` somebody, and which (``alike_rows``:
    line and the person's id), the first of them."""
    looked = counts.get("looked", 0)
    if looked >= MOST_ROWS:
        return counts
    found = _found(run) if MatchKey.objects.exists() else []
    return {
        **counts,
        "looked": looked + _rows(),
        "alike": counts.get("alike", 0) + len(found),
        "alike_rows": [*counts.get("alike_rows", []), *found][:KEPT],
    }


def _rows() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM import_plan")
        return int(cursor.fetchone()[0])


def _found(run: ImportRun) -> list[list[int]]:
    with connection.cursor() as cursor:
        cursor.execute(_ALIKE, {"tenant": require_tenant_id(), "run": run.pk, "many": _MANY})
        return [list(row) for row in cursor.fetchall()]


# The same keys as contacts/sql/match_keys.sql makes of people who are there.
_ALIKE = f"""
    WITH given AS MATERIALIZED (
        SELECT staged.line, search.name_words(coalesce(nullif(staged.values->>'name', ''),
                 concat_ws(' ', staged.values->>'given_name', staged.values->>'family_name'))) AS words,
               staged.address_norm, staged.values->'phones' AS phones
          FROM import_plan planned JOIN {ImportRow.table()} staged
            ON staged.tenant_id = %(tenant)s AND staged.run_id = %(run)s AND staged.line = planned.line
         WHERE planned.is_new
    ), keyed (line, kind, value) AS (
        SELECT line, {Kind.MAIL}, search.mail_local(address_norm) || '@' || split_part(address_norm, '@', 2)
          FROM given WHERE strpos(address_norm, '@') > 1
         UNION ALL SELECT line, {Kind.NAME}, array_to_string(words, ' ') FROM given WHERE cardinality(words) > 1
         UNION ALL SELECT line, {Kind.PHONE}, right(regexp_replace(phone->>'number', '\\D', '', 'g'), 9)
          FROM given, jsonb_array_elements(phones) AS phone
         WHERE length(regexp_replace(phone->>'number', '\\D', '', 'g')) >= 9
    )
    SELECT line, min(contact_id) FROM (
        SELECT keyed.line, contact_id, count(*) OVER (PARTITION BY keyed.line, keyed.kind, keyed.value) AS size
          FROM keyed CROSS JOIN LATERAL (
            SELECT contact_id FROM {MatchKey.table()}
             WHERE tenant_id = %(tenant)s AND kind = keyed.kind AND key = hashtextextended(keyed.value, 0)
             LIMIT %(many)s + 1) AS block) AS found
     WHERE size <= %(many)s GROUP BY line ORDER BY line"""
