"""A page of the list: whom it shows, how many there are, and what stands above the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from contacts import listing, places
from contacts.lists import finding, orders, ranked
from contacts.lists.by_field import by_field
from contacts.lists.finding import Found
from contacts.lists.query import ListQuery
from contacts.models.people import Stage
from contacts.querysets import ContactQuerySet
from contacts.segments import counting
from contacts.segments.counting import TooSlow
from ecrm.ui import pages
from ecrm.ui.pages import Count, Page

SECONDS = 6
NOBODY: Page[Any] = Page([], None, None)


@dataclass(frozen=True)
class Shown:
    """``group`` is what the rows are grouped by. ``is_slow``: the filter took longer than a page may."""

    page: Page[Any]
    count: Count
    found: Found | None = None
    group: str = ""
    is_slow: bool = False


def show(query: ListQuery, *, cursor: str | None, is_exact: bool = False) -> Shown:
    """``is_exact`` counts to the end, however many there are."""
    if not (query.may_take_long or is_exact):
        return _show(query, cursor, is_exact=False)
    try:
        with counting.limited(SECONDS):
            return _show(query, cursor, is_exact=is_exact)
    except TooSlow:
        return Shown(NOBODY, Count(0, False), is_slow=True)


def _show(query: ListQuery, cursor: str | None, *, is_exact: bool) -> Shown:
    found = finding.find(query)
    if found.alike or found.ranked:
        return _ranked(found, cursor)
    if query.group in orders.SHARED or query.sort in orders.SHARED:
        return _by_shared(query, found, cursor, is_exact=is_exact)
    name = query.sort.removeprefix("-")
    sorted_by = orders.sortable_field(name, query.membership)
    if sorted_by is not None:
        page = by_field(found.people, sorted_by, is_descending=query.sort.startswith("-"), cursor=cursor)
        known = _known(query, found)
        return Shown(page, _count(query, found.people, is_exact) if known is None else known, found)
    order, known = order_of(query.sort), _known(query, found)
    page, count = listing.page(found.people, order=order, cursor=cursor, count=known, **_bounds(query))
    return Shown(page, _count(query, found.people, True) if is_exact else count, found)


def _by_shared(query: ListQuery, found: Found, cursor: str | None, *, is_exact: bool) -> Shown:
    is_grouped = query.group in orders.SHARED
    name = query.group if is_grouped else query.sort
    page = orders.by_shared(found.people, name, cursor=cursor)
    known = _known(query, found)
    count = _count(query, found.people, is_exact) if known is None else known
    return Shown(page, count, found, group=name if is_grouped else "")


def _ranked(found: Found, cursor: str | None) -> Shown:
    ids = found.in_order()
    return Shown(ranked.page_of(ids, cursor), Count(len(ids), found.is_capped), found)


def order_of(sort: str) -> list[str]:
    """The keys of an order that no shared value or custom field makes, both the same way."""
    keys = orders.PLAIN.get(sort.removeprefix("-"))
    if keys is None:
        return ["-active_at", "-id"]
    return [f"-{key}" for key in keys] if sort.startswith("-") else list(keys)


def _known(query: ListQuery, found: Found) -> Count | None:
    """A search knows how many it found, as long as no filter narrows them."""
    if not found.is_search or query.is_narrowed:
        return None
    if found.capped_at:
        return Count(found.capped_at, True)
    return pages.capped_count(found.people) if found.size is None else Count(found.size, False)


def _count(query: ListQuery, people: ContactQuerySet, is_exact: bool) -> Count:
    if is_exact:
        return Count(people.order_by().count(), False)
    return pages.capped_count(people, **_bounds(query))


def _bounds(query: ListQuery) -> dict[str, Any]:
    """How far to count; where people are looked up one by one, in the order in which they are stored."""
    cap = query.counts_to
    is_far = cap >= pages.CAP
    return {"cap": cap, "along": () if is_far else ("pk",), "is_estimated": is_far}


def headings(name: str, page: Page[Any], rows: Sequence[listing.Row]) -> dict[int, str]:
    """Words above the row that begins a group, by its number. Rows know their owner and company by name."""
    found = page.rows
    starts = [number for number in range(len(found)) if number == 0 or found[number].value != found[number - 1].value]
    return {number: _heading(name, found[number].value, rows[number]) for number in starts}


def _heading(name: str, value: Any, row: listing.Row) -> str:
    if name == "stage":
        return str(Stage(value).label)
    if name == "country":
        return places.country_name(value) if value else _("No country")
    if name == "owner":
        return row.owner or _("Unassigned")
    return row.company or _("No company")
