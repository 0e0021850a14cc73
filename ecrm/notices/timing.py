"""When a member's next mail may go, in the member's own hours."""

from __future__ import annotations

import zoneinfo
from datetime import datetime, time, timedelta

from ecrm.notices.models import DigestRhythm, NoticeHabits


def mail_moment(habits: NoticeHabits, *, is_urgent: bool, now: datetime, zone: str) -> datetime:
    """The next moment a mail may go: at once, at the hour or in the morning, never in quiet hours."""
    here = now.astimezone(zoneinfo.ZoneInfo(zone))
    if is_urgent:
        wanted = here
    elif habits.rhythm == DigestRhythm.HOURLY:
        wanted = here.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    else:
        wanted = _next_at(here, habits.digest_at)
    return _after_quiet(wanted, habits.quiet_from, habits.quiet_until)


def _after_quiet(wanted: datetime, start: time, end: time) -> datetime:
    clock = wanted.time()
    if start == end:
        return wanted
    is_quiet = start <= clock < end if start < end else clock >= start or clock < end
    return _next_at(wanted, end) if is_quiet else wanted


def _next_at(here: datetime, clock: time) -> datetime:
    """The next time the wall clock shows ``clock``, after ``here``."""
    today = datetime.combine(here.date(), clock, here.tzinfo)
    return today if today > here else datetime.combine(here.date() + timedelta(days=1), clock, here.tzinfo)
