"""The sections of the Today page. Each room registers its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from django.utils.functional import Promise
from django.utils.safestring import SafeString

from ecrm.tenancy.requests import MemberRequest

Column = Literal["main", "side"]


@dataclass(frozen=True, slots=True)
class Section:
    """``render(request)`` gives the whole card, or nothing when it has no place on this day.

    At most two queries. ``order`` is ascending within the column.
    """

    key: str
    title: str | Promise
    order: int
    capability: str | None
    render: Callable[[MemberRequest], SafeString]
    column: Column = "main"


_sections: dict[str, Section] = {}


def register(section: Section) -> None:
    """Adds or replaces the section of that key."""
    _sections[section.key] = section


def sections(may: Callable[[str], bool]) -> list[Section]:
    allowed = (s for s in _sections.values() if s.capability is None or may(s.capability))
    return sorted(allowed, key=lambda section: section.order)
