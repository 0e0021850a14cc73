"""Lists page by key: Previous and Next, never a page number, the same cost on every page."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from time import monotonic
from typing import Any, Generic, TypeVar

from django.core import signing
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import F, IntegerField, Model, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.utils.translation import gettext, ngettext

from ecrm.tenancy.context import current_tenant_id
from ecrm.ui.formats import number

Row = TypeVar("Row", bound=Model)
SALT = "ecrm.ui.pages"
NEXT, PREVIOUS = "n", "p"
CAP = 10_000


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """``next`` and ``previous`` are cursors to put in a link, None where the list ends.

    ``is_reset`` tells that a cursor was given that fits no page, so this is the first one.
    """

    rows: list[Row]
    next: str | None
    previous: str | None
    is_reset: bool = False

    @property
    def notice(self) -> str:
        """What to tell the reader about a cursor that could not be followed."""
        if not self.is_reset:
            return ""
        return gettext("That page is no longer there. This is the start of the list.")


def keyset_page(
    queryset: QuerySet[Row],
    *,
    order: Sequence[str] = ("-created_at", "-id"),
    cursor: str | None = None,
    size: int = 50,
    read: Callable[[QuerySet[Row]], list[Row]] = list,
) -> Page[Row]:
    """One page of ``size`` rows in ``order``: one query, or two when going back reaches the start.

    The keys of ``order`` are fields or annotations that are never null; the last must be unique.
    Rows that appear or vanish between two pages neither repeat nor hide others. A cursor is
    signed and belongs to its order; any other text gives the first page with a ``notice``.
    ``read`` runs the query.
    """
    keys = [_Key(name.removeprefix("-"), name.startswith("-")) for name in order]
    place = _read(cursor, order)
    if place is None:
        page = _forward(queryset, keys, order, None, size, read)
        return Page(page.rows, page.next, None, is_reset=bool(cursor))
    direction, values = place
    if direction == NEXT:
        return _forward(queryset, keys, order, values, size, read)
    return _backward(queryset, keys, order, values, size, read)


def cursor_after(values: Sequence[Any], *, order: Sequence[str]) -> str:
    """For lists that run their own statement: the cursor of what comes after the row with these keys."""
    return signing.dumps([NEXT, ",".join(order), [_pack(value) for value in values]], salt=SALT, compress=True)


def place_after(cursor: str | None, *, order: Sequence[str]) -> list[Any] | None:
    """The keys that ``cursor_after`` was given, None for any other text."""
    place = _read(cursor, order)
    return place[1] if place and place[0] == NEXT else None


@dataclass(frozen=True, slots=True)
class Count:
    """A number of rows that was cheap to find: exact up to the cap. ``about`` is how many the database takes
    there to be beyond it, where that says more than the cap does."""

    value: int
    is_more: bool
    about: int | None = None

    def __str__(self) -> str:
        if self.about is not None:
            return gettext("about %(count)s") % {"count": number(self.about)}
        if self.is_more:
            return gettext("more than %(count)s") % {"count": number(self.value)}
        return number(self.value)

    def of(self, singular: str, plural: str) -> str:
        """ "1,284 contacts" from ``ngettext`` forms that hold %(count)s."""
        return ngettext(singular, plural, self.about or self.value) % {"count": self}


def capped_count(
    queryset: QuerySet[Any], *, cap: int = CAP, along: Sequence[str] = (), is_estimated: bool = False
) -> Count:
    """Counts no further than ``cap`` rows, so a list of millions costs what ten thousand cost.

    ``along`` is an order whose index is walked: without one the database may read other tenants' rows
    of the table before it comes to ours. ``is_estimated``: beyond the cap the planner's guess is told, which
    is good for one condition on a column and for none.
    """
    try:
        sql, params = _counting(queryset, cap, along)
    except EmptyResultSet:
        return Count(0, False)
    question = _question(sql, params, is_estimated)
    known = _large_one(question)
    if known is not None:
        return known
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        row = cursor.fetchone()
    return _kept(question, _capped(row[0] if row else 0, cap), queryset if is_estimated else None)


def counted_page(
    queryset: QuerySet[Any],
    *,
    fields: Sequence[str],
    cap: int = CAP,
    along: Sequence[str] = (),
    is_estimated: bool = False,
    **asked: Any,
) -> tuple[Page[Any], Count]:
    """``keyset_page`` and ``capped_count`` in one query, the rows as tuples with the names of ``fields``.

    What is ``asked`` besides goes to the page; ``fields`` must hold the keys of its order.
    """
    try:
        sql, params = _counting(queryset, cap, along)
    except EmptyResultSet:
        return Page([], None, None), Count(0, False)
    question = _question(sql, params, is_estimated)
    known = _large_one(question)
    if known is not None:
        return keyset_page(queryset.values_list(*fields, named=True), **asked), known
    counted = queryset.annotate(whole=RawSQL(sql, params, IntegerField()))
    page: Page[Any] = keyset_page(counted.values_list(*fields, "whole", named=True), **asked)
    if not page.rows:
        return page, capped_count(queryset, cap=cap, along=along, is_estimated=is_estimated)
    return page, _kept(question, _capped(page.rows[0].whole, cap), queryset if is_estimated else None)


# Lists found to go on past the cap, until when: nobody counts ten thousand rows at every click.
_large: dict[Hashable, tuple[float, Count]] = {}
LARGE_FOR = 30.0  # seconds
# An estimate that hardly goes beyond the cap says less than the cap, which is certain.
ESTIMATE_WORTH = 1.2
LARGE_AT_MOST = 1_000


def _question(sql: str, params: Any, is_estimated: bool) -> Hashable:
    return current_tenant_id(), sql, repr(params), is_estimated


def _large_one(question: Hashable) -> Count | None:
    until, count = _large.get(question, (0.0, None))
    return count if until > monotonic() else None


def _kept(question: Hashable, count: Count, estimated: QuerySet[Any] | None) -> Count:
    if not count.is_more:
        return count
    if estimated is not None:
        count = replace(count, about=_about(estimated, count.value))
    if len(_large) >= LARGE_AT_MOST:
        _large.clear()
    _large[question] = monotonic() + LARGE_FOR, count
    return count


def _about(queryset: QuerySet[Any], cap: int) -> int | None:
    """What the planner expects, to two figures; None where it expects hardly more than ``cap``."""
    sql, params = queryset.order_by().values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        found = int(cursor.fetchone()[0][0]["Plan"]["Plan Rows"])
    if found < cap * ESTIMATE_WORTH:
        return None
    return round(found, 2 - len(str(found)))


@dataclass(frozen=True, slots=True)
class _Key:
    name: str
    is_descending: bool


def _counting(queryset: QuerySet[Any], cap: int, along: Sequence[str]) -> tuple[str, Any]:
    """Written around the query: as an aggregate the ORM makes the query twice."""
    sql, params = queryset.order_by(*along).values("pk")[: cap + 1].query.sql_with_params()
    return f"SELECT count(*) FROM ({sql}) AS counted", params


def _capped(found: int, cap: int) -> Count:
    return Count(min(found, cap), found > cap)


def _forward(
    queryset: QuerySet[Row],
    keys: list[_Key],
    order: Sequence[str],
    after: list[Any] | None,
    size: int,
    read: Callable[[QuerySet[Row]], list[Row]],
) -> Page[Row]:
    rows = read(_beyond(queryset, keys, after).order_by(*order)[: size + 1])
    has_more = len(rows) > size
    rows = rows[:size]
    return Page(
        rows,
        _write(NEXT, rows[-1], keys, order) if has_more else None,
        _write(PREVIOUS, rows[0], keys, order) if rows and after is not None else None,
        is_reset=False,
    )


def _backward(
    queryset: QuerySet[Row],
    keys: list[_Key],
    order: Sequence[str],
    before: list[Any],
    size: int,
    read: Callable[[QuerySet[Row]], list[Row]],
) -> Page[Row]:
    flipped = [_Key(key.name, not key.is_descending) for key in keys]
    turned = [f"{'-' if key.is_descending else ''}{key.name}" for key in flipped]
    rows = read(_beyond(queryset, flipped, before).order_by(*turned)[: size + 1])
    if len(rows) <= size:
        # The start is reached: a full first page rather than a short one.
        return _forward(queryset, keys, order, None, size, read)
    rows = rows[:size][::-1]
    return Page(rows, _write(NEXT, rows[-1], keys, order), _write(PREVIOUS, rows[0], keys, order))


def _beyond(queryset: QuerySet[Row], keys: list[_Key], place: list[Any] | None) -> QuerySet[Row]:
    if place is None:
        return queryset
    if len({key.is_descending for key in keys}) == 1:
        # One row comparison, which PostgreSQL answers from an index on the same columns.
        lookup = TupleLessThan if keys[0].is_descending else TupleGreaterThan
        return queryset.filter(lookup(Tuple(*(F(key.name) for key in keys)), tuple(place)))
    return queryset.filter(_stepwise(keys, place))


def _stepwise(keys: list[_Key], place: list[Any]) -> Q:
    """The same for mixed directions: beyond on the first key, or equal there and beyond on the rest."""
    key, value = keys[0], place[0]
    comparison = "lt" if key.is_descending else "gt"
    beyond = Q(**{f"{key.name}__{comparison}": value})
    if len(keys) == 1:
        return beyond
    return beyond | (Q(**{key.name: value}) & _stepwise(keys[1:], place[1:]))


def _write(direction: str, row: Model, keys: list[_Key], order: Sequence[str]) -> str:
    values = [_pack(_value(row, key.name)) for key in keys]
    return signing.dumps([direction, ",".join(order), values], salt=SALT, compress=True)


def _read(cursor: str | None, order: Sequence[str]) -> tuple[str, list[Any]] | None:
    if not cursor:
        return None
    try:
        direction, ordered_by, values = signing.loads(cursor, salt=SALT)
        unpacked = [_unpack(value) for value in values]
    except (signing.BadSignature, ValueError, TypeError, KeyError):
        return None
    return (direction, unpacked) if ordered_by == ",".join(order) else None


def _value(row: Model, name: str) -> Any:
    value: Any = row
    for part in name.split("__"):
        value = getattr(value, part)
    return value


_READERS: dict[str, Callable[[str], Any]] = {
    "t": datetime.fromisoformat,
    "d": date.fromisoformat,
    "n": Decimal,
}


def _pack(value: Any) -> Any:
    """JSON knows numbers and text; instants, dates and decimals carry a mark."""
    if isinstance(value, datetime):
        return ["t", value.isoformat()]
    if isinstance(value, date):
        return ["d", value.isoformat()]
    if isinstance(value, Decimal):
        return ["n", str(value)]
    if value is None:
        raise ValueError("A key of a keyset page is null; order by a Coalesce annotation.")
    return value


def _unpack(value: Any) -> Any:
    if isinstance(value, list):
        mark, text = value
        return _READERS[mark](text)
    return value
