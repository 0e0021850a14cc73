"""Where a segment is used, and what else can be done with it: upper rooms say (campaigns, journeys)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from contacts.criteria import Text
from contacts.models import Segment
from contacts.segments.services import dependents


@dataclass(frozen=True, slots=True)
class Use:
    """``kind`` is what uses it ("Segment", "Campaign"), ``state`` how it stands, in a word or two."""

    kind: Text
    name: str
    url: str
    state: Text = ""


@dataclass(frozen=True, slots=True)
class Act:
    """Something an upper room does with a segment: a link in its head for those who may."""

    label: Text
    icon: str
    url: Callable[[Segment], str]
    capability: str


Answer = Callable[[Segment], Sequence[Use]]
_answers: list[Answer] = []
_acts: list[Act] = []


def register(answer: Answer) -> None:
    _answers.append(answer)


def register_act(act: Act) -> None:
    _acts.append(act)


def acts(segment: Segment, may: Callable[[str], bool]) -> list[tuple[Act, str]]:
    """Each with its address; none for a segment out of use."""
    if segment.archived_at is not None:
        return []
    return [(act, act.url(segment)) for act in _acts if may(act.capability)]


def of(segment: Segment) -> list[Use]:
    """Segments first."""
    own = [
        Use(_("Segment"), other.name, reverse("segment", args=[other.pk]), _("Broken") if other.broken_reason else "")
        for other in dependents(segment)
    ]
    return own + [use for answer in _answers for use in answer(segment)]
