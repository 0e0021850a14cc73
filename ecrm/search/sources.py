"""What the palette finds: each room registers how its records are found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise

from ecrm.tenancy.models import Membership


@dataclass(frozen=True, slots=True)
class Found:
    """One record: what it is called, what tells it from others, and its path inside the tenant."""

    title: str
    note: str
    path: str
    icon: str


Find = Callable[[Membership, str, int], list[Found]]
Recall = Callable[[Membership, list[int]], dict[int, Found]]


@dataclass(frozen=True, slots=True)
class Source:
    """``find(membership, text, limit)`` may cost two queries; best match first.

    ``recall(membership, ids)`` gives the records visited last that are still there and may be
    seen, by id; without it the records of this source are not among the recent ones.
    """

    key: str
    label: str | Promise
    icon: str
    capability: str | None
    find: Find
    recall: Recall | None = None


_sources: dict[str, Source] = {}


def register(source: Source) -> None:
    """Adds or replaces the source of that key."""
    _sources[source.key] = source


def sources(membership: Membership) -> list[Source]:
    """Those a member may search, in the order of registration."""
    return [s for s in _sources.values() if s.capability is None or membership.may(s.capability)]
