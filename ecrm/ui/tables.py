"""Sortable table heads: which orders a list offers, and the links that choose them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.http import HttpRequest, QueryDict

PARAMETER = "sort"


@dataclass(frozen=True, slots=True)
class Head:
    """One sortable column head. ``direction`` is ascending, descending or empty (not sorted by)."""

    url: str
    direction: str


@dataclass(frozen=True, slots=True)
class Sorting:
    """``order`` goes to ``keyset_page``; ``heads`` to the template, by column name."""

    chosen: str
    order: Sequence[str]
    heads: Mapping[str, Head]


def sorting(request: HttpRequest, orders: Mapping[str, Sequence[str]], *, default: str) -> Sorting:
    """Reads ``?sort=name`` or ``?sort=-name``; an unknown column gives the default.

    ``orders`` holds each column's ascending keys ending in a unique one, such as
    ``{"name": ("sort_name", "id")}``. Links keep the filters and drop the cursor, which
    belongs to the former order.
    """
    chosen = request.GET.get(PARAMETER, default)
    if chosen.removeprefix("-") not in orders:
        chosen = default
    is_descending, name = chosen.startswith("-"), chosen.removeprefix("-")
    order = [flip(key) for key in orders[name]] if is_descending else list(orders[name])
    heads = {column: _head(request.GET, column, chosen) for column in orders}
    return Sorting(chosen, order, heads)


def flip(key: str) -> str:
    return key[1:] if key.startswith("-") else f"-{key}"


def _head(query: QueryDict, column: str, chosen: str) -> Head:
    is_current = chosen.removeprefix("-") == column
    other = flip(chosen) if is_current else column
    linked = query.copy()
    linked.pop("cursor", None)
    linked[PARAMETER] = other
    direction = ("descending" if chosen.startswith("-") else "ascending") if is_current else ""
    return Head(f"?{linked.urlencode()}", direction)
