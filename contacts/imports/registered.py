"""Hands the columns of upper rooms (consent) their values, chunk by chunk, beforehand and for good."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import connection

from contacts import import_columns
from contacts.import_columns import TABLE, ImportColumn, Problem
from contacts.imports import into_list
from contacts.imports.checking import Trouble
from contacts.models import ImportRow, ImportRun
from ecrm.tenancy.context import require_tenant_id, tenant_transaction


def mapped_columns(run: ImportRun) -> dict[str, ImportColumn]:
    """The registered columns this file feeds."""
    with tenant_transaction():  # rooms read their rows to know their columns
        known = import_columns.columns()
    return {key: known[key] for key in run.mapping.values() if key in known}


def foresee(
    run: ImportRun, columns: Mapping[str, ImportColumn], headers: Mapping[str, str]
) -> tuple[list[Trouble], dict[str, Counter[str]]]:
    """What the chunk in ``import_plan`` would be refused, and what it would write in words, with counts."""
    troubles: list[Trouble] = []
    words = into_list.foresee(run)
    for key, column in _writing(run, columns):
        if column.foresee is not None:
            heard = column.foresee(run=run)
            troubles += _as_troubles(heard.problems, headers[key])
            words[key] = heard.words
    return troubles, words


def apply(
    run: ImportRun, columns: Mapping[str, ImportColumn], headers: Mapping[str, str], *, at: datetime
) -> tuple[list[Trouble], dict[str, Counter[str]]]:
    """Writes the chunk's values; ``import_plan`` must know every contact by now."""
    troubles: list[Trouble] = []
    words = into_list.apply(run, at=at)
    for key, column in _writing(run, columns):
        assert column.apply is not None
        heard = column.apply(run=run, by=run.created_by, at=at)
        troubles += _as_troubles(heard.problems, headers[key])
        words[key] = heard.words
    return troubles, words


def _writing(run: ImportRun, columns: Mapping[str, ImportColumn]) -> list[tuple[str, ImportColumn]]:
    writing = [(key, column) for key, column in columns.items() if column.apply is not None]
    if writing:
        _gather(run)
    return writing


def _gather(run: ImportRun) -> None:
    """Rows that land and, behind them, repeated rows of the same person: an opt-out must be heard."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{TABLE}")
        cursor.execute(
            f"CREATE TEMP TABLE {TABLE} ON COMMIT DROP AS"
            " SELECT coalesce(contact_id, -line) AS contact_id, line, given_apps AS answers FROM import_plan"
            "  WHERE given_apps IS NOT NULL"
            " UNION ALL SELECT coalesce(planned.contact_id, -planned.line), again.line, again.values->'apps'"
            f"  FROM {ImportRow.table()} again JOIN import_plan planned ON planned.line = again.repeats_line"
            "  WHERE again.tenant_id = %s AND again.run_id = %s AND again.repeats_line IS NOT NULL"
            "   AND again.values ? 'apps'",
            [require_tenant_id(), run.pk],
        )
        cursor.execute(f"ANALYZE {TABLE} (contact_id)")


def _as_troubles(problems: Iterable[Problem], header: str) -> list[Trouble]:
    return [Trouble(problem.line, header, problem.reason, is_fatal=False) for problem in problems]
