"""How many members a segment had, day by day, read back from the intervals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count
from django.db.models.functions import TruncDate
from django.utils import timezone

from contacts.models import Segment, SegmentMembership

DAYS = 30


@dataclass(frozen=True, slots=True)
class Trend:
    """Members at the end of each of the reader's days, oldest first, the last being now."""

    first: datetime
    last: datetime
    members: list[int]

    @property
    def since_yesterday(self) -> int:
        return self.members[-1] - self.members[-2] if len(self.members) > 1 else 0


def trend(segment: Segment, *, now: datetime | None = None) -> Trend | None:
    """None while there is less than a day to tell of. Two queries."""
    now = now or timezone.now()
    today = timezone.localtime(now).date()
    first = max(today - timedelta(days=DAYS - 1), timezone.localtime(segment.created_at).date())
    if first >= today:
        return None
    count = SegmentMembership.objects.filter(segment=segment, left_at=None).count()
    return Trend(start_of_day(first), now, _daily(segment, first, today, count))


def start_of_day(day: date) -> datetime:
    """In the reader's zone."""
    return timezone.make_aware(datetime.combine(day, datetime.min.time()))


def _daily(segment: Segment, first: date, last: date, at_end: int) -> list[int]:
    came, left = _per_day(segment, "entered_at", first), _per_day(segment, "left_at", first)
    members, day, count = [at_end], last, at_end
    while day > first:
        count += left.get(day, 0) - came.get(day, 0)
        members.append(count)
        day -= timedelta(days=1)
    return members[::-1]


def _per_day(segment: Segment, field: str, first: date) -> dict[date, int]:
    stays = SegmentMembership.objects.filter(**{"segment": segment, f"{field}__gte": start_of_day(first)}).order_by()
    grouped = stays.annotate(day=TruncDate(field)).values("day").annotate(number=Count("id"))
    return {row["day"]: row["number"] for row in grouped}
