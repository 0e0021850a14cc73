"""Closing what is wrong by hand, and what a workspace finds wrong at all."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts import dirty
from contacts.duplicates.queue import LOOKED_AT
from contacts.models import CleaningSettings, QualityIssue
from ecrm.audit import services as audit
from ecrm.jobs.models import Job
from ecrm.jobs.services import start_job
from ecrm.tenancy.models import User

LOOK = "quality.look"


@transaction.atomic
def close_issue(*, issue: QualityIssue, by: User | None) -> bool:
    """Done with, though nothing changed: it comes back when the facts do. False when it was closed before."""
    open_issue = QualityIssue.objects.filter(pk=issue.pk, closed_at=None)
    if not open_issue.update(closed_at=timezone.now(), closed_by=by):
        return False
    dirty.mark([issue.contact_id], reason=LOOKED_AT)
    audit.record("quality.closed", by=by, subject=issue)
    return True


@transaction.atomic
def reopen_issue(*, issue: QualityIssue, by: User | None) -> bool:
    closed = QualityIssue.objects.filter(pk=issue.pk, closed_at__isnull=False)
    if not closed.update(closed_at=None, closed_by=None):
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
