"""Statements of nearly every page, which the server plans once for a connection and not once a question.

The history has a partition for each month: planning a statement over it costs several times what
running it does. ``ECRM_PREPARED_STATEMENTS`` says no where a pooler cannot keep what it prepared.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.backends.postgresql.base import TIMESTAMPTZ_OID, ServerBindingCursor
from django.db.models import QuerySet
from psycopg.types.datetime import TimestamptzLoader
from psycopg.types.numeric import Int8

Params = Mapping[str, Any] | Sequence[Any]


def fetch_all(sql: str, params: Params) -> list[tuple[Any, ...]]:
    """Runs a statement whose text never changes, and reads it whole.

    Values are bound by the server, so none may stand where SQL wants a literal; say ``::type``
    where nothing else tells what a parameter is.
    """
    with _cursor() as cursor:
        cursor.execute(sql, _bound(params))
        return list(cursor.fetchall())


def fetch_one(sql: str, params: Params) -> tuple[Any, ...] | None:
    """Its first row."""
    found = fetch_all(sql, params)
    return found[0] if found else None


def fetch_figures(sql: str, params: Params) -> tuple[Any, ...]:
    """The one row of a statement that counts here and there, planned once whatever the tenant holds.

    The server compares the plan for anybody with that for these values and would plan a count anew
    each time, for a tenant with little to count: planning takes ten times what running it does.
    """
    with _planned_once(), _cursor() as cursor:
        cursor.execute(sql, _bound(params))
        return tuple(cursor.fetchone() or ())


@contextmanager
def _planned_once() -> Iterator[None]:
    if connection.queries_logged or not settings.PREPARED_STATEMENTS or not connection.in_atomic_block:
        yield
        return
    server: Any = connection.connection
    with server.pipeline():
        server.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        yield
        server.execute("SET LOCAL plan_cache_mode = auto")


def named_rows(queryset: QuerySet[Any]) -> list[Any]:
    """What ``list`` makes of a ``values_list(…, named=True)``, prepared: for one whose SQL is always the same."""
    names = queryset._fields  # type: ignore[attr-defined]
    compiler = queryset.query.get_compiler(using=queryset.db)
    try:
        found = fetch_all(*compiler.as_sql())
    except EmptyResultSet:
        return []
    read = _row_class(tuple(names))._make
    return [read(row) for row in compiler.results_iter(results=[found], tuple_expected=True)]


@lru_cache(maxsize=64)
def _row_class(names: tuple[str, ...]) -> Any:
    return namedtuple("Row", names)  # noqa: PYI024  # names are only known here


class _PreparedCursor(ServerBindingCursor):
    def execute(self, query: Any, params: Any = None, **asked: Any) -> Any:
        return super().execute(query, params, prepare=True, **asked)  # type: ignore[misc]  # two classes behind a name


def _cursor() -> Any:
    """An ordinary one while statements are being recorded, so that the record shows them with their values."""
    if connection.queries_logged or not settings.PREPARED_STATEMENTS:
        return connection.cursor()
    connection.ensure_connection()
    server: Any = connection
    kind: Any = _PreparedCursor
    cursor = kind(server.connection)
    # Django's reader of instants is in Python, for connections in several zones: ours are all in UTC.
    cursor.adapters.register_loader(TIMESTAMPTZ_OID, TimestamptzLoader)
    return server._prepare_cursor(cursor)


def _bound(params: Params) -> Params:
    if isinstance(params, Mapping):
        return {name: _fixed(value) for name, value in params.items()}
    return [_fixed(value) for value in params]


def _fixed(value: Any) -> Any:
    """Numbers as bigint whatever their size: by their size, each would be prepared several times."""
    if type(value) is int:
        return Int8(value) if value.bit_length() < 64 else value
    if isinstance(value, list | tuple) and all(type(one) is int for one in value):
        return "{%s}" % ",".join(map(str, value))  # noqa: UP031  # an f-string would double both braces
    return value
