"""Until when an answer is due, in words and in how urgent it looks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.models import Case, State

SOON = timedelta(hours=1)
SHAPES = {
    State.NEW: "draft",
    State.OPEN: "live",
    State.ON_CUSTOMER: "half",
    State.ON_US: "live",
    State.SOLVED: "done",
    State.CLOSED: "off",
}


@dataclass(frozen=True, slots=True)
class Due:
    """``tone`` is empty, soon, over or met; ``at`` None where nothing is due."""

    words: str
    tone: str = ""
    at: datetime | None = None

    @property
    def icon(self) -> str:
        return "check" if self.tone == "met" else "clock"


def of(case: Case, *, goal: timedelta, now: datetime) -> Due:
    if case.is_ended or case.waiting_since is None:
        return Due(str(case.get_state_display()), "met")
    due_at = case.waiting_since + goal
    left = due_at - now
    if left < timedelta(0):
        return Due(_("%(time)s late") % {"time": span(-left)}, "over", due_at)
    return Due(span(left), "soon" if left < SOON else "", due_at)


def span(length: timedelta) -> str:
    """ "38 min", "3 h", "2 days" """
    minutes = int(length.total_seconds() // 60)
    if minutes < 60:
        return ngettext("%(count)s min", "%(count)s min", minutes) % {"count": minutes}
    hours = minutes // 60
    if hours < 48:
        return ngettext("%(count)s h", "%(count)s h", hours) % {"count": hours}
    return ngettext("%(count)s day", "%(count)s days", hours // 24) % {"count": hours // 24}
