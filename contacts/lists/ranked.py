"""Pages of people in an order that a search made: some hundred at most, the closest first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.core import signing

from contacts.lists import orders
from contacts.querysets import ContactQuerySet
from ecrm.ui.pages import Page

SALT = "contacts.lists.ranked"


def rows_of(people: ContactQuerySet, ids: Iterable[int]) -> list[Any]:
    """Those of ``ids`` who are among ``people``, in the order of ``ids``. One query."""
    rows = {row.id: row for row in people.values_list(*orders.FIELDS, named=True)}
    return [rows[pk] for pk in ids if pk in rows]


def page_of(rows: Sequence[Any], cursor: str | None, *, size: int = orders.SIZE) -> Page[Any]:
    """A cursor names the person a page begins with."""
    start = _start(rows, cursor)
    first = start or 0
    following = rows[first + size].id if first + size < len(rows) else None
    previous = rows[max(first - size, 0)].id if first else None
    return Page(
        list(rows[first : first + size]), _write(following), _write(previous), is_reset=bool(cursor) and start is None
    )


def _start(rows: Sequence[Any], cursor: str | None) -> int | None:
    try:
        wanted = signing.loads(cursor, salt=SALT) if cursor else None
    except signing.BadSignature:
        return None
    return next((number for number, row in enumerate(rows) if row.id == wanted), None)


def _write(pk: int | None) -> str | None:
    return None if pk is None else signing.dumps(pk, salt=SALT)
