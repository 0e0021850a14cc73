"""Where a segment is used: other segments, and whatever upper rooms say (campaigns, journeys)."""

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


Answer = Callable[[Segment], Sequence[Use]]
_answers: list[Answer] = []


def register(answer: Answer) -> None:
    _answers.append(answer)


def of(segment: Segment) -> list[Use]:
    """Segments first."""
    own = [
        Use(_("Segment"), other.name, reverse("segment", args=[other.pk]), _("Broken") if other.broken_reason else "")
        for other in dependents(segment)
    ]
    return own + [use for answer in _answers for use in answer(segment)]
