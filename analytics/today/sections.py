"""What Today shows: what waits for an answer, who answered, what runs, what is set up, how yesterday was."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.core.cache import cache
from django.db.models import Count, Q
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from analytics.today import facts
from campaigns.models import Campaign
from campaigns.models.campaign import State
from campaigns.querysets import sent_counts
from cases import figures
from contacts.models import Event
from ecrm.jobs.models import Job
from ecrm.notices import kinds
from ecrm.notices.models import Notification
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.policies import may
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui.checklist import Task

LINES = 6
RECENT = timedelta(days=7)
KEPT_SECONDS = 300
TOLD = {"people": "contact.created", "cases": "case.opened", "visits": "page.viewed", "orders": "order.placed"}
UNDER_WAY = (State.SENDING, State.PAUSED, State.SCHEDULED)


def due_cases(request: MemberRequest) -> SafeString:
    """Longest waiting first, with the time that is left of the workspace's own goal."""
    found = list(figures.due_for(request.user)[: LINES + 1])
    now, goal = timezone.now(), facts.of(request).goal
    rows = [(case, _left(case.waiting_since, goal, now)) for case in found[:LINES]]
    context = {"rows": rows, "has_more": len(found) > LINES, "is_late": any(left < timedelta() for _c, left in rows)}
    return _draw("today/_cases.html", request, context)


def answers(request: MemberRequest) -> SafeString:
    """Replies and mentions that were not read, and what was read in the last day."""
    since = timezone.now() - timedelta(days=1)
    told = Notification.objects.filter(user=request.user, is_shown=True, kind__in=kinds.answer_names())
    rows = told.filter(Q(read_at=None) | Q(read_at__gte=since)).select_related("by").order_by("-at", "-id")[:LINES]
    return _draw("today/_answers.html", request, {"notifications": list(rows)})


def work(request: MemberRequest) -> SafeString:
    """One's own jobs that run or failed of late."""
    failed = Q(state=Job.State.FAILED, finished_at__gte=timezone.now() - RECENT)
    running = Q(state__in=(Job.State.WAITING, Job.State.RUNNING))
    jobs = list(Job.objects.filter(failed | running, requested_by=request.user).order_by("-created_at", "-id")[:LINES])
    return _draw("today/_work.html", request, {"jobs": jobs}) if jobs else SafeString()


def campaigns(request: MemberRequest) -> SafeString:
    """Sends under way, held or due."""
    found = list(Campaign.objects.filter(state__in=UNDER_WAY).order_by("-updated_at", "-id")[:LINES])
    if not found:
        return SafeString()
    sent = sent_counts(campaign.pk for campaign in found)
    rows = [(campaign, sent.get(campaign.pk, 0)) for campaign in found]
    return _draw("today/_campaigns.html", request, {"rows": rows})


def first_setup(request: MemberRequest) -> SafeString:
    """The list of a workspace that has hardly begun."""
    tasks = facts.of(request).tasks
    return _setup(request, tasks, "setup") if _is_new(tasks) else SafeString()


def setup(request: MemberRequest) -> SafeString:
    """Leaves Today when everything is done or skipped, or when somebody hid it."""
    tasks = facts.of(request).tasks
    return SafeString() if _is_new(tasks) else _setup(request, tasks, "setup-rest")


def sample_data(request: MemberRequest) -> SafeString:
    """While some of it is there."""
    return _draw("today/_sample.html", request, {}) if facts.of(request).has_sample else SafeString()


def yesterday(request: MemberRequest) -> SafeString:
    """What happened between the reader's last two midnights. One query over the history's index, whose answer
    is kept for some minutes: late news of yesterday can wait.
    """
    midnight = timezone.make_aware(datetime.combine(timezone.localdate(), time()))
    key = f"yesterday:{require_tenant_id()}:{midnight.isoformat()}"
    by_name = cache.get_or_set(key, lambda: _counts(midnight - timedelta(days=1), midnight), KEPT_SECONDS)
    if not by_name:
        return SafeString()
    shown = {key: by_name.get(name, 0) for key, name in TOLD.items()}
    if not may(request.membership, Capability.REVENUE_VIEW):
        del shown["orders"]
    return _draw("today/_yesterday.html", request, shown)


def _counts(since: datetime, until: datetime) -> dict[str, int]:
    events = Event.objects.filter(occurred_at__gte=since, occurred_at__lt=until, name__in=TOLD.values())
    return dict(events.order_by().values_list("name").annotate(Count("id")))


def _is_new(tasks: list[Task]) -> bool:
    return 2 * sum(task.is_open for task in tasks) > len(tasks)


def _setup(request: MemberRequest, tasks: list[Task], anchor: str) -> SafeString:
    open_tasks = [task for task in tasks if task.is_open]
    if not open_tasks:
        return SafeString()
    context = {
        "tasks": [*open_tasks, *(task for task in tasks if not task.is_open)],
        "done": len(tasks) - len(open_tasks),
        "total": len(tasks),
        "anchor": anchor,
    }
    return _draw("today/_setup.html", request, context)


def _left(since: datetime | None, goal: timedelta, now: datetime) -> timedelta:
    """Until an answer is due; negative when it is late."""
    return (since or now) + goal - now


def _draw(template: str, request: HttpRequest, context: dict[str, object]) -> SafeString:
    return render_to_string(template, context, request)
