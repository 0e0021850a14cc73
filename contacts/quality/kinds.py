"""What can be wrong with a person. Rooms register their own kinds (a bouncing address is consent's to know)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contacts import worth
from contacts.models import CleaningSettings

DUPLICATES = "duplicates"


class Remedy(Enum):
    MERGE = "merge"
    FILL = "fill"  # a form with what is missing
    REPLACE = "replace"  # another first address
    CONFIRM = "confirm"  # still right
    CHOOSE = "choose"  # one of several values


@dataclass(frozen=True, slots=True)
class IssueKind:
    """``sql`` answers the facts of one ``person`` of an outer statement: codes apart by blanks, NULL when all
    is well. ``weight`` is how many points of 100 are lost were everybody so; ``facts`` are the codes in words.

    ``advice`` says what to do about it, in one sentence. ``remedy`` is how it is put right in the
    inbox, ``fills`` for which fields of a person that asks, given the codes. ``asked_again`` is after
    how many months one that was closed is asked anew, 0 for not by itself.
    """

    key: str
    label: str | Promise
    advice: str | Promise
    icon: str
    weight: int
    order: int
    sql: Callable[[CleaningSettings], str] | None = None
    facts: Mapping[str, str | Promise] = field(default_factory=dict)
    remedy: Remedy = Remedy.FILL
    fills: Callable[[Sequence[str]], Sequence[str]] = tuple
    asked_again: Callable[[CleaningSettings], int] = lambda _settings: 0

    def in_words(self, codes: str) -> list[str]:
        """The facts of one issue, as far as this kind has words for them; the rest are fields' names."""
        return [str(self.facts.get(code, code)) for code in codes_of(codes)]


def codes_of(facts: str) -> list[str]:
    """Without what tells one occurrence from another ("city#81")."""
    return [code.partition("#")[0] for code in facts.split()]


# Why something is left as it is.
DISMISSALS: Mapping[str, str | Promise] = {
    "right": _("It is right as it is"),
    "unknown": _("Nobody can find out"),
    "unneeded": _("Not needed for this contact"),
}
RIGHT = "right"


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
        weight=worth.PAIR,
        order=10,
        remedy=Remedy.MERGE,
    )
)
