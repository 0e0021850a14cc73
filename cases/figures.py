"""Numbers about cases, for Today and the dashboard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from cases.models import Case, CaseSettings
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Membership, User


@dataclass(frozen=True, slots=True)
class ReplyTimes:
    """How long the first answers of a period took. ``median`` and ``slowest_tenth`` (the 90th
    percentile) are None while there are none; ``count`` is how many they are taken from."""

    count: int
    median: timedelta | None
    slowest_tenth: timedelta | None


def open_cases() -> int:
    return Case.objects.open().count()


def goal() -> timedelta:
    """Within which time an answer is due."""
    return timedelta(hours=CaseSettings.of_tenant().reply_goal_hours)


def first_reply_times(since: datetime, until: datetime) -> ReplyTimes:
    """Over the cases opened from ``since`` to before ``until`` that have been answered. One query."""
    answered = Case.objects.filter(opened_at__gte=since, opened_at__lt=until, first_reply_at__isnull=False)
    times = sorted(answered.annotate(took=F("first_reply_at") - F("opened_at")).values_list("took", flat=True))
    return ReplyTimes(len(times), _at(times, 0.5), _at(times, 0.9))


def due_for(user: User) -> QuerySet[Case]:
    """What waits for this member, longest first: theirs, and what nobody has taken yet."""
    mine = Q(assignee=user) | Q(assignee=None)
    return Case.objects.on_us().awake(timezone.now()).filter(mine).select_related("contact").longest_waiting()


@dataclass(frozen=True, slots=True)
class Attention:
    """What the rail shows: how many wait for a member, and how many of them too long."""

    waiting: int
    overdue: int


def attention(user: User) -> Attention:
    """One query over the partial index of open cases."""
    now = timezone.now()
    late = Q(waiting_since__lt=now - goal())
    found = due_for(user).order_by().aggregate(waiting=Count("pk"), overdue=Count("pk", filter=late))
    return Attention(found["waiting"], found["overdue"])


def attention_question(membership: Membership) -> tuple[str, list[Any]]:
    """``attention`` as the rail asks for it, with its other numbers: how many wait, how many too long."""
    now = timezone.now()
    sql = f"""
        SELECT jsonb_build_array(count(*), count(*) FILTER (WHERE waiting_since < %s - make_interval(hours => coalesce(
                   (SELECT reply_goal_hours FROM {CaseSettings.table()} WHERE tenant_id = %s), %s)::int)))
          FROM {Case.table()}
         WHERE tenant_id = %s AND solved_at IS NULL AND waiting_since IS NOT NULL
           AND (snoozed_until IS NULL OR snoozed_until <= %s) AND (assignee_id = %s OR assignee_id IS NULL)"""
    tenant_id = require_tenant_id()
    return sql, [now, tenant_id, CaseSettings().reply_goal_hours, tenant_id, now, membership.user_id]


def _at(times: Sequence[timedelta], share: float) -> timedelta | None:
    return times[min(int(len(times) * share), len(times) - 1)] if times else None


def answered() -> QuerySet[Case]:
    return Case.objects.filter(first_reply_at__isnull=False)
