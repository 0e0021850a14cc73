"""People kept aside for the rest of a transaction, so that a rule is evaluated once and used often.

A temporary table with statistics: the planner knows how few they are, whatever the rule was.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import BigIntegerField, QuerySet
from django.db.models.expressions import RawSQL

from ecrm.rowsets import id_array

FOUND = "segments_found"


def keep(table: str, people: QuerySet[Any] | Collection[int]) -> RawSQL:
    """A subquery of the ids, for ``pk__in``; it holds until the next call with this ``table``."""
    sql, parameters = select_ids(people)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{table}")
        cursor.execute(f"CREATE TEMPORARY TABLE {table} (id bigint PRIMARY KEY) ON COMMIT DROP")
        cursor.execute(f"INSERT INTO {table} {sql}", parameters)
        cursor.execute(f"ANALYZE {table}")
    return RawSQL(f"SELECT id FROM {table}", [], output_field=BigIntegerField())


def given(ids: Sequence[int]) -> RawSQL:
    """The same for people who are known by their ids: the planner sees how many, without a table."""
    return RawSQL("SELECT unnest(%s::bigint[])", [id_array(ids)], output_field=BigIntegerField())


def select_ids(people: QuerySet[Any] | Collection[int]) -> tuple[str, Sequence[Any]]:
    """A statement that gives each id, for use inside another."""
    if not isinstance(people, QuerySet):
        return "SELECT DISTINCT unnest(%s::bigint[])", [list(people)]
    unordered = people if people.query.is_sliced else people.order_by()
    try:
        return unordered.values("pk").query.sql_with_params()
    except EmptyResultSet:
        return "SELECT NULL::bigint WHERE false", []
