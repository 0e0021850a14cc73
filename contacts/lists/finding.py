"""Filters and search together, and how many there are.

A search knows its newest matches only. Together with a filter it is exact where either is small: a
search with fewer matches than its cap, or a filter with few enough people to be searched among. Else
the newest ``DEEP`` matches are filtered, and the page says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from contacts import search
from contacts.lists import ranked
from contacts.lists.query import ListQuery
from contacts.querysets import ContactQuerySet

DEEP = 2_000


@dataclass(frozen=True)
class Found:
    """``capped_at``: only so many of the newest matches were looked at, 0 if all. ``size`` is how many
    people there are where the search alone tells. ``ranked`` are ids of those a search found, the
    closest first, where the list asks for no other order; ``alike`` of those written alike where
    nobody matched. ``is_whole``: no filter keeps any of these out.
    """

    people: ContactQuerySet
    is_search: bool = False
    capped_at: int = 0
    size: int | None = None
    ranked: tuple[int, ...] = ()
    alike: tuple[int, ...] = ()
    is_whole: bool = False

    def in_order(self) -> Sequence[int]:
        """Of a search in an order of its own, all it found. One query where a filter narrows them."""
        ids = self.alike or self.ranked
        return ids if self.is_whole else ranked.kept_of(self.people, ids)

    @cached_property
    def is_capped(self) -> bool:
        return self.capped_at > 0


def find(query: ListQuery) -> Found:
    people = query.people()
    if not query.term:
        return Found(people)
    ids = search.best_ids(query.term, membership=query.membership, at_most=search.CAP)
    if len(ids) < search.CAP:
        return _few(query, people, ids)
    if not query.is_narrowed:
        closest = _closest(query, ids)
        return Found(people.among(ids), is_search=True, capped_at=search.CAP, ranked=closest, is_whole=True)
    return _many(query, people)


def everybody(query: ListQuery) -> ContactQuerySet:
    """For acts on all who match: the search goes as far as it can. Where nobody does, those written alike."""
    people = query.people()
    if not query.term:
        return people
    ids = search.contact_ids(query.term, membership=query.membership, at_most=search.MOST)
    return people.among(ids or search.alike_ids(query.term, membership=query.membership))


def _few(query: ListQuery, people: ContactQuerySet, ids: list[int]) -> Found:
    is_whole = not query.is_narrowed
    size = len(ids) if is_whole else None
    found = Found(people.among(ids), is_search=True, size=size, ranked=_closest(query, ids), is_whole=is_whole)
    if ids:
        return found
    alike = search.alike_ids(query.term, membership=query.membership)
    if query.is_narrowed and alike:
        alike = ranked.kept_of(people.among(alike), alike)
    return Found(people.among(alike), is_search=True, alike=tuple(alike), is_whole=True) if alike else found


def _closest(query: ListQuery, ids: list[int]) -> tuple[int, ...]:
    return tuple(ids) if query.is_by_match else ()


def _many(query: ListQuery, people: ContactQuerySet) -> Found:
    few = list(people.order_by().values_list("pk", flat=True)[: DEEP + 1])
    if len(few) <= DEEP:
        return Found(people.among(search.among(query.term, few)), is_search=True)
    ids = search.contact_ids(query.term, membership=query.membership, at_most=DEEP)
    return Found(people.among(ids), is_search=True, capped_at=DEEP if len(ids) == DEEP else 0)
