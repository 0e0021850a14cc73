"""Who stands before and after a person in the list that somebody came from.

The list travels in the address of the page (``?in=``, the list's own query string); the places come
from its order's keys, so that a list of a million costs what one of ten costs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import IntegerField, Q, Value
from django.http import QueryDict
from django.urls import reverse

from contacts.event_links import numbered
from contacts.lists import by_field, finding, orders, shown
from contacts.lists.orders import SHARED
from contacts.lists.query import ListQuery
from contacts.segments import counting
from contacts.segments.counting import TooSlow
from ecrm.tenancy.models import Membership

PARAMETER = "in"
EVERYBODY = "all=1"
LONGEST = 2_000
SECONDS = 3

Pair = tuple[int | None, int | None]


@dataclass(frozen=True, slots=True)
class Way:
    """``list_url`` leads back, the others to whoever stands beside: looked for once somebody goes there."""

    list_url: str
    previous_url: str
    next_url: str


def suffix(query: ListQuery) -> str:
    """What the address of a person gets whose row stands in this list."""
    return f"?{urlencode({PARAMETER: query.text() or EVERYBODY})}"


def way(contact_id: int, text: str) -> Way | None:
    """``text`` is what ``suffix`` gave. None without a list. No query."""
    if not text or len(text) > LONGEST:
        return None
    here = f"?{urlencode({PARAMETER: text})}"
    back = f"{reverse('contact_list')}?{QueryDict(text).urlencode(safe=',:@')}"
    return Way(back, *(f"{numbered(name, contact_id)}{here}" for name in ("previous_contact", "next_contact")))


def of(contact: Any, text: str, membership: Membership) -> Pair:
    """Who stands before and after; None where the list ends, both where there is none. ``contact`` has all columns.

    One query for the usual orders, at most seven for those by a shared value; a search adds its own.
    """
    if not text or len(text) > LONGEST:
        return None, None
    query = ListQuery.of_text(text, membership)
    return _patiently(query, contact) if query.may_take_long else _beside(query, contact)


def _patiently(query: ListQuery, contact: Any) -> Pair:
    try:
        with counting.limited(SECONDS):
            return _beside(query, contact)
    except TooSlow:
        return None, None


def _beside(query: ListQuery, contact: Any) -> Pair:
    found = finding.find(query)
    if found.alike or found.ranked:
        return _in_row(found.in_order(), contact.pk)
    name = query.group if query.group in SHARED else query.sort
    if name in SHARED:
        return orders.beside(found.people, name, contact)
    field = orders.sortable_field(query.sort.removeprefix("-"), query.membership)
    if field is not None:
        return by_field.beside(found.people, field, contact, is_descending=query.sort.startswith("-"))
    order = shown.order_of(query.sort)
    values = [getattr(contact, key.removeprefix("-")) for key in order]
    return _by_keys(found.people, order, values)


def _by_keys(people: Any, order: Sequence[str], values: Sequence[Any], pk: str = "pk") -> Pair:
    """``order`` goes one way in both keys. One query: two short looks into one index."""
    keys = [key.removeprefix("-") for key in order]
    is_descending = order[0].startswith("-")
    turned = keys if is_descending else [f"-{key}" for key in keys]
    sides = [(turned, "gt" if is_descending else "lt"), (list(order), "lt" if is_descending else "gt")]
    looks = [
        _look(people.filter(_beyond(keys, values, way)).order_by(*by), pk, side) for side, (by, way) in enumerate(sides)
    ]
    found = {side: number for number, side in looks[0].union(looks[1], all=True)}
    return found.get(0), found.get(1)


def _look(people: Any, pk: str, side: int) -> Any:
    return people.annotate(side=Value(side, output_field=IntegerField())).values_list(pk, "side")[:1]


def _beyond(keys: Sequence[str], values: Sequence[Any], way: str) -> Q:
    first, last = keys
    further = Q(**{f"{first}__{way}": values[0]}) | Q(**{f"{last}__{way}": values[1]})
    # The first is what an index can begin at.
    return Q(**{f"{first}__{way}e": values[0]}) & further


def _in_row(ids: Sequence[int], pk: int) -> Pair:
    if pk not in ids:
        return None, None
    place = ids.index(pk)
    return (ids[place - 1] if place else None), (ids[place + 1] if place + 1 < len(ids) else None)
