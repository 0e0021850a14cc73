"""What Today asks of the workspace itself, in one query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Exists, QuerySet, Subquery

from cases.models import CaseSettings
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import SampleMark, Tenant
from ecrm.tenancy.requests import MemberRequest
from ecrm.ui import checklist
from ecrm.ui.models import ShellSettings


@dataclass(frozen=True, slots=True)
class Facts:
    """``goal``: within which time an answer is due. ``tasks`` is empty when somebody hid the list."""

    goal: timedelta
    has_sample: bool
    tasks: list[checklist.Task]


def of(request: MemberRequest) -> Facts:
    """Asked once for all sections of a page."""
    if not hasattr(request, "today_facts"):
        request.today_facts = _read(request)  # type: ignore[attr-defined]
    return request.today_facts  # type: ignore[attr-defined, no-any-return]


def _read(request: MemberRequest) -> Facts:
    may = request.membership.may
    row: Any = (
        Tenant.objects.filter(pk=require_tenant_id())
        .values(
            goal=_one(CaseSettings.objects.all(), "reply_goal_hours"),
            skipped=_one(ShellSettings.objects.all(), "skipped_steps"),
            hidden_at=_one(ShellSettings.objects.all(), "checklist_hidden_at"),
            has_sample=Exists(SampleMark.objects.all()),
            **checklist.questions(may),
        )
        .get()
    )
    goal = timedelta(hours=row["goal"] or CaseSettings().reply_goal_hours)
    tasks = [] if row["hidden_at"] else checklist.answered(may, row, row["skipped"] or ())
    return Facts(goal, row["has_sample"], tasks)


def _one(rows: QuerySet[Any], column: str) -> Subquery:
    return Subquery(rows.values(column)[:1])
