"""Checked rows into the database, set-based: a copy into a temporary table, then one insert."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

from contacts.imports.checking import Batch, Trouble
from contacts.models import ImportChunk, ImportProblem, ImportRow, ImportRun
from ecrm.tenancy.context import require_tenant_id

LONGEST_REASON = 300
LONGEST_COLUMN = 200


def stage(run: ImportRun, batch: Batch) -> None:
    """Stages the rows that are fine as one stretch to land, and what is wrong with the others."""
    if batch.rows:
        _stage_rows(run, batch)
        ImportChunk.objects.create(
            run=run, first_line=batch.first_line, last_line=batch.last_line, row_count=batch.rows
        )
    add_problems(run, batch.troubles)


def _stage_rows(run: ImportRun, batch: Batch) -> None:
    with connection.cursor() as cursor:
        _begin_copy(cursor, "import_staged", "line int, values jsonb, address_norm text, match_key text")
        with cursor.copy("COPY import_staged FROM STDIN") as copy:
            copy.write(batch.copied)
        cursor.execute(
            f"INSERT INTO {ImportRow.table()} (tenant_id, run_id, line, values, address_norm, match_key)"
            " SELECT %s, %s, line, values, address_norm, match_key FROM import_staged"
            " ON CONFLICT (tenant_id, run_id, line) DO NOTHING",
            [require_tenant_id(), run.pk],
        )


def add_problems(run: ImportRun, troubles: Sequence[Trouble]) -> None:
    """Keeps problems, each once however often it is told."""
    if not troubles:
        return
    with connection.cursor() as cursor:
        records = ((t.line, t.column[:LONGEST_COLUMN], t.reason[:LONGEST_REASON], t.is_fatal) for t in troubles)
        _copy(cursor, "import_trouble", '"line" int, "column" text, reason text, is_fatal boolean', records)
        cursor.execute(
            f'INSERT INTO {ImportProblem.table()} (tenant_id, run_id, line, "column", reason, is_fatal)'
            ' SELECT %s, %s, line, "column", reason, is_fatal FROM import_trouble told'
            f" WHERE NOT EXISTS (SELECT FROM {ImportProblem.table()} known WHERE known.tenant_id = %s"
            '   AND known.run_id = %s AND known.line = told.line AND known."column" = told."column"'
            "   AND known.reason = told.reason) ORDER BY line",
            [require_tenant_id(), run.pk, require_tenant_id(), run.pk],
        )


def clear(run: ImportRun) -> None:
    """Forgets what was staged, so that the file can be read anew."""
    ImportRow.objects.filter(run=run).delete()
    ImportProblem.objects.filter(run=run).delete()
    ImportChunk.objects.filter(run=run, landed_at=None).delete()


def refuse_repeated(run: ImportRun, *, reason: str, is_same_person: str, by_key: bool) -> int:
    """Of several rows of one person the first counts; answers how many others there are.

    Rows are of one person by their address and, ``by_key``, by what people are matched by.
    ``reason`` and ``is_same_person`` hold ``{line}`` for the place of the first.
    """
    repeated = 0
    for column, words in (("match_key", is_same_person), ("address_norm", reason))[0 if by_key else 1 :]:
        repeated += _refuse_repeated(run, column, words)
    return repeated


def _refuse_repeated(run: ImportRun, column: str, reason: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH ranked AS ("
            f"   SELECT id, line, min(line) OVER (PARTITION BY {column}) AS first"
            f"    FROM {ImportRow.table()}"
            f"    WHERE tenant_id = %(tenant)s AND run_id = %(run)s AND {column} <> '' AND repeats_line IS NULL),"
            " repeated AS ("
            f"  UPDATE {ImportRow.table()} later SET repeats_line = ranked.first FROM ranked"
            "    WHERE later.tenant_id = %(tenant)s AND later.id = ranked.id AND ranked.first < ranked.line"
            "   RETURNING later.line, ranked.first)"
            f' INSERT INTO {ImportProblem.table()} (tenant_id, run_id, line, "column", reason, is_fatal)'
            " SELECT %(tenant)s, %(run)s, line, '', replace(%(reason)s, '{line}', first::text), true FROM repeated",
            {"tenant": require_tenant_id(), "run": run.pk, "reason": reason},
        )
        return int(cursor.rowcount)


def drop_claimed_second_addresses(run: ImportRun, *, reason: str) -> None:
    """A second address that another row of the file has too goes to that row."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH second AS ("
            "   SELECT id, line, values->>'email2_norm' AS norm,"
            "     min(line) OVER (PARTITION BY values->>'email2_norm') AS first"
            f"    FROM {ImportRow.table()}"
            "    WHERE tenant_id = %(tenant)s AND run_id = %(run)s AND repeats_line IS NULL"
            "      AND values ? 'email2_norm'),"
            " claimed AS ("
            "   SELECT id, line FROM second WHERE line > first"
            f"   OR EXISTS (SELECT FROM {ImportRow.table()} owner WHERE owner.tenant_id = %(tenant)s"
            "      AND owner.run_id = %(run)s AND owner.address_norm = second.norm AND owner.repeats_line IS NULL)),"
            " dropped AS ("
            f"  UPDATE {ImportRow.table()} staged SET values = staged.values - 'email2' - 'email2_norm' - 'email2_hash'"
            "     FROM claimed WHERE staged.tenant_id = %(tenant)s AND staged.id = claimed.id RETURNING staged.line)"
            f' INSERT INTO {ImportProblem.table()} (tenant_id, run_id, line, "column", reason, is_fatal)'
            " SELECT %(tenant)s, %(run)s, line, '', %(reason)s, false FROM dropped",
            {"tenant": require_tenant_id(), "run": run.pk, "reason": reason},
        )


def drop_claimed_further_addresses(run: ImportRun, *, reason: str) -> None:
    """A further address that another row of the file has too goes to that row: as its first or second
    address before all, else to the first row that has it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH further AS MATERIALIZED ("
            "   SELECT id, line, one->>'norm' AS norm, one, nth, min(line) OVER (PARTITION BY one->>'norm') AS first"
            f"    FROM {ImportRow.table()} staged"
            "    CROSS JOIN LATERAL jsonb_array_elements(staged.values->'emails') WITH ORDINALITY AS p (one, nth)"
            "    WHERE tenant_id = %(tenant)s AND run_id = %(run)s AND repeats_line IS NULL"
            "      AND staged.values ? 'emails'),"
            " holder AS MATERIALIZED ("
            "   SELECT line, norm FROM (SELECT line, unnest(ARRAY[address_norm, values->>'email2_norm']) AS norm"
            f"    FROM {ImportRow.table()} WHERE tenant_id = %(tenant)s AND run_id = %(run)s AND repeats_line IS NULL)"
            "    AS named WHERE norm <> ''),"
            # Joined, not asked of each: PostgreSQL would read all holders again for every address.
            " clashing AS ("
            "   SELECT DISTINCT further.id, further.nth FROM further"
            "    JOIN holder ON holder.norm = further.norm AND holder.line <> further.line),"
            " judged AS ("
            "   SELECT further.*, line > first OR clashing.id IS NOT NULL AS is_claimed"
            "    FROM further LEFT JOIN clashing ON clashing.id = further.id AND clashing.nth = further.nth),"
            " kept AS ("
            "   SELECT id, coalesce(jsonb_agg(one ORDER BY nth) FILTER (WHERE NOT is_claimed), '[]') AS emails"
            "    FROM judged GROUP BY id HAVING bool_or(is_claimed)),"
            " dropped AS ("
            f"  UPDATE {ImportRow.table()} staged SET values = jsonb_set(staged.values, '{{emails}}', kept.emails)"
            "     FROM kept WHERE staged.tenant_id = %(tenant)s AND staged.id = kept.id RETURNING staged.line)"
            f' INSERT INTO {ImportProblem.table()} (tenant_id, run_id, line, "column", reason, is_fatal)'
            " SELECT %(tenant)s, %(run)s, line, '', %(reason)s, false FROM dropped",
            {"tenant": require_tenant_id(), "run": run.pk, "reason": reason},
        )


def _copy(cursor: Any, table: str, columns: str, records: Iterable[tuple[Any, ...]]) -> None:
    _begin_copy(cursor, table, columns)
    with cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for record in records:
            copy.write_row(record)


def _begin_copy(cursor: Any, table: str, columns: str) -> None:
    """COPY is refused by tables under row security, so it goes into one of this connection's own."""
    cursor.execute(f"CREATE TEMP TABLE IF NOT EXISTS {table} ({columns}) ON COMMIT DROP")
    cursor.execute(f"TRUNCATE {table}")
