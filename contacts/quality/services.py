"""Closing what is wrong by hand, and what a workspace finds wrong at all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts import dirty
from contacts.duplicates.queue import LOOKED_AT
from contacts.models import CleaningSettings, QualityIssue
from contacts.quality import kinds
from ecrm.audit import services as audit
from ecrm.jobs.models import Job
from ecrm.jobs.services import start_job
from ecrm.tenancy.models import User

LOOK = "quality.look"


@transaction.atomic
def close_issue(*, issue: QualityIssue, by: User | None, reason: str = kinds.RIGHT, at: datetime | None = None) -> bool:
    """Left as it is, for a reason of ``kinds.DISMISSALS``: it comes back when the facts change.

    False when it was closed before.
    """
    open_issue = QualityIssue.objects.filter(pk=issue.pk, closed_at=None)
    closed_as = reason if reason in kinds.DISMISSALS else kinds.RIGHT
    if not open_issue.update(closed_at=at or timezone.now(), closed_by=by, closed_as=closed_as):
        return False
    dirty.mark([issue.contact_id], reason=LOOKED_AT)
    audit.record("quality.closed", by=by, subject=issue, at=at)
    return True


@transaction.atomic
def reopen_issue(*, issue: QualityIssue, by: User | None) -> bool:
    closed = QualityIssue.objects.filter(pk=issue.pk, closed_at__isnull=False)
    if not closed.update(closed_at=None, closed_by=None, closed_as=""):
        return False
    dirty.mark([issue.contact_id], reason=LOOKED_AT)
    audit.record("quality.reopened", by=by, subject=issue)
    return True


@transaction.atomic
def change_settings(
    *, required_fields: Sequence[str], stale_months: int, safe_rules: Sequence[str], by: User | None
) -> Job | None:
    """Takes effect with the look at everybody that it starts."""
    settings = CleaningSettings.of_tenant()
    settings.required_fields = list(required_fields)
    settings.stale_months = stale_months
    settings.safe_rules = list(safe_rules)
    settings.save()
    audit.record("cleaning.changed", by=by, fields=["required_fields", "stale_months", "safe_rules"])
    return look_now(by=by, url="")


def look_now(*, by: User | None, url: str) -> Job | None:
    """A look at everybody as a job; None while one is under way."""
    if Job.objects.filter(kind=LOOK, state__in=[Job.State.WAITING, Job.State.RUNNING]).exists():
        return None
    return start_job(task=LOOK, kind=LOOK, title=_("Check the quality of all contacts"), by=by, url=url)
