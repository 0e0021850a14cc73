"""When memberships are brought up to date: after a change of the rule, of a person, of the hour.

One worker at a time does this for a tenant (an advisory lock), so that a segment which refers to
another is always calculated after it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from contacts import dirty
from contacts.criteria import Scope, Unanswerable
from contacts.models import Segment, SegmentRule
from contacts.models.segments import Cause, SegmentKind
from contacts.segments import breaking, counting, kept, membership, touched, tree
from contacts.segments.membership import Change
from contacts.segments.order import referring_to
from contacts.segments.touched import Reasons
from contacts.segments.tree import InvalidRule
from ecrm.tenancy.context import require_tenant_id

BATCH = 5_000
# A busy shop has somebody crossing a line every second; once a minute is soon enough.
LEAST_WAIT = timedelta(minutes=1)
# Two clocks may differ: the next look begins a little before the last one ended.
OVERLAP = timedelta(seconds=30)


@transaction.atomic(savepoint=False)
def recalculate(segment: Segment, *, at: datetime | None = None, follows: bool = True) -> Change | None:
    """Evaluates the rule for everybody, then the segments that refer to this one if it changed.
    ``follows`` False leaves those out.

    None when the rule cannot be evaluated: the last good membership stays and
    ``broken_reason`` says why. Waits for another worker of this tenant.
    """
    _lock()
    at = at or timezone.now()
    # Whom somebody has just changed may be found here first: they still moved for that.
    reasons: Reasons = dirty.waiting(BATCH)
    change = _replace_all(segment, at, reasons)
    if follows and change is not None and change.is_any:
        for dependent in referring_to(segment):
            _replace_all(dependent, at, reasons)
    return change


@transaction.atomic(savepoint=False)
def refresh_dirty(*, limit: int = BATCH, now: datetime | None = None) -> bool:
    """Looks again at a batch of the people who were marked; True when more may wait.

    Does nothing (False) while another worker of this tenant is at it.
    """
    if not _try_lock():
        return False
    reasons, has_more = dirty.take(limit)
    if reasons:
        ids = sorted(reasons)
        touched.follow(ids, Scope.current(now=now, among=kept.given(ids)), reasons)
    return has_more


@transaction.atomic
def follow_clock(segment: Segment, *, now: datetime | None = None) -> int:
    """Marks the people whose answer may have changed since ``calculated_at`` by the hour alone.

    Returns how many. The next refresh looks at them, and at every other segment they touch.
    """
    scope = Scope.current(now=now)
    marked = 0
    try:
        crossed = _crossed(tree.parse(segment.rule), segment.calculated_at or scope.now, scope)
        if crossed is not None:
            marked = dirty.mark_where(counting.people().filter(crossed))
        boundary = next_boundary(segment.rule, scope)
    except (InvalidRule, Unanswerable):
        boundary = None
    Segment.objects.filter(pk=segment.pk).update(calculated_at=scope.now, next_boundary_at=boundary)
    return marked


def next_boundary(rule: object, scope: Scope) -> datetime | None:
    """The first instant, a minute from now at the earliest, at which the clock moves somebody."""
    instants = []
    for condition in tree.conditions(tree.parse(rule)):
        window = condition.criterion.window
        found = window.next_at(condition.operator, condition.value, scope) if window else None
        if found is not None:
            instants.append(max(found, scope.now + LEAST_WAIT))
    return min(instants, default=None)


def _replace_all(segment: Segment, at: datetime, reasons: Reasons) -> Change | None:
    segment.refresh_from_db()
    if segment.archived_at is not None:
        return None
    scope = Scope.current(now=at)
    change = _try(segment, scope, at, reasons, cause=_cause(segment))
    if change is not None:
        if segment.calculated_version != segment.rule_version:
            _follow_version(segment, at)
        _note(
            segment,
            member_count=change.matching,
            calculated_version=segment.rule_version,
            calculated_at=at,
            reconciled_at=at,
            next_boundary_at=next_boundary(segment.rule, scope),
            broken_reason="",
        )
    return change


def _cause(segment: Segment) -> Cause | None:
    """What moves everybody who moves now; None when each has a reason of their own."""
    if segment.kind == SegmentKind.STATIC or segment.calculated_version == segment.rule_version:
        return None
    return Cause.RULE if segment.calculated_version else Cause.START


def _follow_version(segment: Segment, at: datetime) -> None:
    """From now on the memberships say what this version of the rule says."""
    versions = SegmentRule.objects.filter(segment=segment, version=segment.rule_version, calculated_at=None)
    versions.update(calculated_at=at)


def _try(
    segment: Segment, scope: Scope, at: datetime, reasons: Reasons, *, cause: Cause | None = None
) -> Change | None:
    """The change, or None with the reason written to the segment. Those who moved are a reason for other segments."""
    try:
        with transaction.atomic():
            change = membership.replace(segment, scope, at=at, cause=cause, reasons=reasons)
    except breaking.FAULTS as error:
        breaking.note(segment, error, at=at)
        return None
    for contact_id in (*change.moved.entered, *change.moved.left):
        reasons.setdefault(contact_id, set()).add(f"segment:{segment.pk}")
    return change


def _note(segment: Segment, **facts: Any) -> None:
    """Writes only what was found out: the rest of the row may be changed at the same time."""
    Segment.objects.filter(pk=segment.pk).update(**facts)
    for name, value in facts.items():
        setattr(segment, name, value)


def _crossed(root: tree.Group, since: datetime, scope: Scope) -> Q | None:
    found = None
    for condition in tree.conditions(root):
        window = condition.criterion.window
        if window is None:
            continue
        crossed = window.crossed(condition.operator, condition.value, since - OVERLAP, scope.now, scope)
        if crossed is not None:
            found = crossed if found is None else found | crossed
    return found


def _lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock({_KEY}), {_MORE_MEMORY}", [_lock_name()])


def _try_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_try_advisory_xact_lock({_KEY}), {_MORE_MEMORY}", [_lock_name()])
        row = cursor.fetchone()
    return bool(row and row[0])


_KEY = "hashtextextended(%s, 0)"
# Hashing a window of events needs more than a page's share, until the transaction ends.
_MORE_MEMORY = "set_config('work_mem', '64MB', true)"


def _lock_name() -> str:
    return f"segments:{require_tenant_id()}"
