"""Hands the columns of upper rooms (consent) their values, chunk by chunk, beforehand and for good."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson
from django.db import connection

from contacts import import_columns
from contacts.import_columns import ImportColumn, ImportedValue, Problem
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
    """What the chunk in ``import_plan`` would be refused, and how many values of each word it brings."""
    troubles: list[Trouble] = []
    words: dict[str, Counter[str]] = {}
    for key, values in _by_column(run, columns).items():
        column = columns[key]
        problems = column.foresee_many(run=run, rows=values) if column.foresee_many else []
        refused = {problem.line for problem in problems}
        troubles += _as_troubles(problems, headers[key])
        words[key] = _count(column, (value for value in values if value.line not in refused))
    return troubles, words


def apply(
    run: ImportRun, columns: Mapping[str, ImportColumn], headers: Mapping[str, str], *, at: datetime
) -> tuple[list[Trouble], dict[str, Counter[str]]]:
    """Writes the chunk's values; ``import_plan`` must know every contact by now."""
    troubles: list[Trouble] = []
    words: dict[str, Counter[str]] = {}
    for key, values in _by_column(run, columns).items():
        column = columns[key]
        assert column.apply_many is not None
        problems = column.apply_many(run=run, rows=values, by=run.created_by, at=at)
        refused = {problem.line for problem in problems}
        troubles += _as_troubles(problems, headers[key])
        words[key] = _count(column, (value for value in values if value.line not in refused))
    return troubles, words


def _by_column(run: ImportRun, columns: Mapping[str, ImportColumn]) -> dict[str, list[ImportedValue]]:
    writing = [key for key, column in columns.items() if column.apply_many]
    found: dict[str, list[ImportedValue]] = {key: [] for key in writing}
    if not writing:
        return found
    for contact_id, line, text in _planned(run):
        row = orjson.loads(text)
        for key in writing:
            if key in row:
                found[key].append(ImportedValue(contact_id, line, row[key], row))
    return {key: values for key, values in found.items() if values}


def _planned(run: ImportRun) -> list[tuple[Any, ...]]:
    """Rows that land and, behind them, repeated rows of the same address: an opt-out must be heard."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(contact_id, -line), line, given_apps FROM import_plan WHERE given_apps IS NOT NULL"
            " UNION ALL SELECT coalesce(planned.contact_id, -planned.line), again.line, again.values->'apps'"
            f"  FROM import_plan planned JOIN {ImportRow.table()} again ON again.tenant_id = %s AND again.run_id = %s"
            "   AND again.repeats_line = planned.line"
            "  WHERE again.values ? 'apps' ORDER BY line",
            [require_tenant_id(), run.pk],
        )
        return list(cursor.fetchall())


def _as_troubles(problems: Iterable[Problem], header: str) -> list[Trouble]:
    return [Trouble(problem.line, header, problem.reason, is_fatal=False) for problem in problems]


def _count(column: ImportColumn, values: Iterable[ImportedValue]) -> Counter[str]:
    if column.word is None:
        return Counter()
    words = (column.word(value.value) for value in values)
    return Counter(word for word in words if word)
