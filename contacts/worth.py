"""How much it matters to put something right: what is wrong weighs, and with whom it is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contacts.models.people import Stage

# What two people who may be one weigh, before what is known of them.
PAIR = 30
_STAGES = {Stage.CUSTOMER: 20, Stage.PROSPECT: 10, Stage.LEAD: 5, Stage.LAPSED: 5, Stage.VISITOR: 0}
_LATELY: tuple[tuple[int, int, str | Promise], ...] = (
    (30, 10, _("active within 30 days")),
    (180, 5, _("active within 180 days")),
)


def sql(person: str) -> str:
    """The points of a person of an outer statement, an integer."""
    stages = " ".join(f"WHEN '{stage.value}' THEN {points}" for stage, points in _STAGES.items())
    lately = " ".join(
        f"WHEN {person}.active_at > now() - interval '{days} days' THEN {points}" for days, points, _words in _LATELY
    )
    return f"(CASE {person}.stage {stages} ELSE 0 END + CASE {lately} ELSE 0 END)"


def parts(person: Any) -> Iterator[tuple[str, int]]:
    """What a person's points are made of, in words."""
    points = _STAGES.get(Stage(person.stage), 0)
    if points:
        yield str(Stage(person.stage).label), points
    ago = timezone.now() - person.active_at
    for days, more, words in _LATELY:
        if ago < timedelta(days=days):
            yield str(words), more
            return
