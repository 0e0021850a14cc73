"""Many rows as the parameters of one statement."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class RowSet:
    """``sql`` is a SELECT of the columns in their order, bound to ``params``."""

    sql: str
    params: list[Any]


def rows_of(columns: Mapping[str, tuple[str, Sequence[Any]]]) -> RowSet:
    """Rows from columns (SQL type and values by name), all of one length and at least one row.

    A column whose values are all equal travels as one value: writing out an array for the server
    costs half a microsecond an element. Values must be hashable; those of kind ``jsonb`` are JSON
    texts, which travel as one document: quoting each for an array costs ten times as much.
    """
    same = {name for name, (_kind, values) in columns.items() if len(set(values)) == 1}
    picked = ", ".join(
        f"%s::{kind} AS {name}" if name in same else f"given.{name}" for name, (kind, _values) in columns.items()
    )
    params: list[Any] = [values[0] for name, (_kind, values) in columns.items() if name in same]
    varying = {name: pair for name, pair in columns.items() if name not in same}
    if not varying:
        count = len(next(iter(columns.values()))[1])
        return RowSet(f"SELECT {picked} FROM generate_series(1, %s)", [*params, count])
    arrays = ", ".join(_ARRAY_OF_JSON if kind == JSON else f"%s::{kind}[]" for kind, _values in varying.values())
    sql = f"SELECT {picked} FROM unnest({arrays}) AS given ({', '.join(varying)})"
    return RowSet(sql, [*params, *(_array(kind, values) for kind, values in varying.values())])


def id_array(ids: Iterable[int]) -> str:
    """Ids as PostgreSQL writes an array, for ``%s::bigint[]``: a list is looked at number by number."""
    return f"{{{','.join(map(str, ids))}}}"


JSON = "jsonb"
_ARRAY_OF_JSON = "ARRAY(SELECT jsonb_array_elements(%s::jsonb))"


def _array(kind: str, values: Sequence[Any]) -> Any:
    """Numbers and instants as PostgreSQL writes arrays: nothing in them needs quoting."""
    if kind == JSON:
        return f"[{','.join(values)}]"
    write = _WRITERS.get(kind)
    if write is None:
        return list(values)
    return f"{{{','.join('NULL' if value is None else write(value) for value in values)}}}"


_WRITERS: dict[str, Callable[[Any], str]] = {"bigint": int.__repr__, "timestamptz": datetime.isoformat}
