"""What became of a segment between two days: who came, who left, and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts import events
from contacts.criteria import Scope
from contacts.models import Segment, SegmentMembership, SegmentRule
from contacts.models.segments import Cause
from contacts.segments import askable, tree, trend
from contacts.segments.tree import Condition, InvalidRule
from ecrm.tenancy.context import require_tenant_id
from ecrm.ui import formats
from ecrm.ui.charts import Plot, Series

USUAL_DAYS = 30
MOST_DAYS = 731
SIDES = ("entered", "left")
ONE_DAY, INSTANT = timedelta(days=1), timedelta(microseconds=1)
May = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Period:
    """Days of the reader, both included."""

    first: date
    last: date

    @property
    def since(self) -> datetime:
        return trend.start_of_day(self.first)

    @property
    def until(self) -> datetime:
        """Exclusive."""
        return trend.start_of_day(self.last + timedelta(days=1))

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]


@dataclass(frozen=True, slots=True)
class Reason:
    """How many came and went for one reason."""

    words: str
    entered: int
    left: int


@dataclass(frozen=True, slots=True)
class Story:
    period: Period
    at_start: int
    at_end: int
    entered: int
    left: int
    reasons: Sequence[Reason]
    growth: Plot


def period_of(first: str, last: str) -> Period:
    """From what an address says ("2026-03-01"); the last 30 days where it says nothing that makes sense."""
    today = timezone.localdate()
    end = min(read_day(last) or today, today)
    begin = read_day(first) or end - timedelta(days=USUAL_DAYS - 1)
    return Period(max(min(begin, end), end - timedelta(days=MOST_DAYS)), end)


def today() -> date:
    """The reader's."""
    return timezone.localdate()


def read_day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 1970 <= found.year <= 2200 else None


def story(segment: Segment, period: Period, words: Words) -> Story:
    """Two queries, and one for the versions of the rule."""
    told = _moves_since(segment, period.since, words.starts)
    members = _members_by_day(period, told, SegmentMembership.objects.filter(segment=segment, left_at=None).count())
    within = [move for move in told if move.day <= period.last]
    return Story(
        period,
        members[0],
        members[-1],
        sum(move.number for move in within if move.side == "entered"),
        sum(move.number for move in within if move.side == "left"),
        _reasons(within, words),
        _growth(period, members[1:]),
    )


def moves(segment: Segment, period: Period, side: str) -> QuerySet[SegmentMembership]:
    """The stays that began (``entered``) or ended (``left``) in a period."""
    between = {f"{side}_at__gte": period.since, f"{side}_at__lt": period.until}
    return SegmentMembership.objects.filter(segment=segment, **between)


@dataclass(frozen=True, slots=True)
class _Move:
    """``number`` people on one day for one reason, under one version of the rule."""

    side: str
    day: date
    cause: int | None
    place: str | None
    version: int
    number: int


def _moves_since(segment: Segment, since: datetime, starts: Sequence[tuple[datetime, int]]) -> list[_Move]:
    known = sorted(starts) or [(segment.created_at, 1)]
    with connection.cursor() as cursor:
        cursor.execute(
            _MOVES,
            {
                "tenant": require_tenant_id(),
                "segment": segment.pk,
                "since": since,
                "zone": timezone.get_current_timezone_name(),
                "starts": [at for at, _version in known],
            },
        )
        rows = cursor.fetchall()
    return [
        _Move(side, day, cause, place, known[max(reign - 1, 0)][1], number)
        for side, day, cause, place, reign, number in rows
    ]


_MOVES = f"""
SELECT side, (at AT TIME ZONE %(zone)s)::date, cause, place, width_bucket(at, %(starts)s::timestamptz[]), count(*)
  FROM (SELECT 'entered' AS side, entered_at AS at, entered_cause AS cause, entered_place AS place
          FROM {SegmentMembership.table()}
         WHERE tenant_id = %(tenant)s AND segment_id = %(segment)s AND entered_at >= %(since)s
        UNION ALL
        SELECT 'left', left_at, left_cause, left_place
          FROM {SegmentMembership.table()}
         WHERE tenant_id = %(tenant)s AND segment_id = %(segment)s AND left_at >= %(since)s) AS moves
 GROUP BY 1, 2, 3, 4, 5
"""


def _members_by_day(period: Period, told: Sequence[_Move], now: int) -> list[int]:
    """At the start of the period and at the end of each of its days, counted back from today."""
    change: dict[date, int] = {}
    for move in told:
        change[move.day] = change.get(move.day, 0) + (move.number if move.side == "entered" else -move.number)
    count = now - sum(number for day, number in change.items() if day > period.last)
    found = [count]
    for day in reversed(period.days):
        count -= change.get(day, 0)
        found.append(count)
    return found[::-1]


def _reasons(told: Sequence[_Move], words: Words) -> list[Reason]:
    by_words: dict[str, dict[str, int]] = {}
    for move in told:
        counts = by_words.setdefault(words.reason(move.cause, move.place, move.version), dict.fromkeys(SIDES, 0))
        counts[move.side] += move.number
    reasons = [Reason(text, counts["entered"], counts["left"]) for text, counts in by_words.items()]
    return sorted(reasons, key=lambda reason: (-(reason.entered + reason.left), reason.words))


def _growth(period: Period, members: Sequence[int]) -> Plot:
    first, last = formats.number(members[0]), formats.number(members[-1])
    return Plot(
        key="growth",
        labels=[formats.day(trend.start_of_day(day)) for day in period.days],
        series=[Series(_("Members"), list(members))],
        summary=_("From %(first)s to %(last)s members") % {"first": first, "last": last},
        heading=_("Day"),
        size="sm",
    )


@dataclass
class Words:
    """Causes in words. A condition is said as it stood in the version of the rule that moved the person."""

    segment: Segment
    may: May

    @cached_property
    def _scope(self) -> Scope:
        return Scope.current()

    @cached_property
    def _versions(self) -> list[tuple[int, Any, datetime | None]]:
        found = SegmentRule.objects.filter(segment=self.segment).order_by("version")
        return list(found.values_list("version", "rule", "calculated_at"))

    @cached_property
    def _conditions(self) -> dict[int, dict[str, Condition]]:
        return {version: _by_place(rule) for version, rule, _at in self._versions}

    @cached_property
    def starts(self) -> list[tuple[datetime, int]]:
        """Since when the memberships follow which version."""
        return sorted((at, version) for version, _rule, at in self._versions if at is not None)

    def of(self, stay: SegmentMembership, side: str) -> str:
        """Why one stay began or ended; empty where nobody noted it."""
        at = getattr(stay, f"{side}_at")
        if at is None:
            return ""
        version = max((version for since, version in self.starts if since <= at), default=1)
        return self.reason(getattr(stay, f"{side}_cause"), getattr(stay, f"{side}_place"), version)

    def reason(self, cause: int | None, place: str | None, version: int) -> str:
        if cause is None:
            return _("Not noted")
        if not place or place[0].isalpha():
            return str(events.shown_as(place).title) if place else str(Cause(cause).label)
        condition = self._conditions.get(version, {}).get(place)
        if condition is None:
            return str(Cause(cause).label)
        needed = condition.criterion.capability
        if needed is not None and not self.may(needed):
            return askable.unseen_words()
        sentence = condition.sentence(self._scope)
        return _("Time passed: %(condition)s") % {"condition": sentence} if cause == Cause.CLOCK else sentence


def _by_place(rule: object) -> dict[str, Condition]:
    try:
        return {condition.place: condition for condition in tree.conditions(tree.parse(rule))}
    except InvalidRule:
        return {}
