"""What can be wrong with a person. Rooms register their own kinds (a bouncing address is consent's to know)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contacts.models import CleaningSettings

DUPLICATES = "duplicates"


@dataclass(frozen=True, slots=True)
class IssueKind:
    """``sql`` answers the facts of one ``person`` of an outer statement: codes apart by blanks, NULL when all
    is well. ``weight`` is how many points of 100 are lost were everybody so; ``facts`` are the codes in words.

    ``advice`` says what to do about it, in one sentence.
    """

    key: str
    label: str | Promise
    advice: str | Promise
    icon: str
    weight: int
    order: int
    sql: Callable[[CleaningSettings], str] | None = None
    facts: Mapping[str, str | Promise] = field(default_factory=dict)


_kinds: dict[str, IssueKind] = {}


def register(kind: IssueKind) -> None:
    _kinds[kind.key] = kind


def all_kinds() -> list[IssueKind]:
    return sorted(_kinds.values(), key=lambda kind: kind.order)


def checked() -> list[IssueKind]:
    """Those that are looked for in each person; duplicates are pairs and have a search of their own."""
    return [kind for kind in all_kinds() if kind.sql is not None]


def find(key: str) -> IssueKind | None:
    return _kinds.get(key)


register(
    IssueKind(
        DUPLICATES,
        _("Duplicates"),
        _("Merge them, or say that they are two people."),
        "users",
        weight=30,
        order=10,
    )
)
