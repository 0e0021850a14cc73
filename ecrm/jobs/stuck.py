"""Work the outbox has given up: seen by people, and tried again when they say so."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from ecrm.audit import services as audit
from ecrm.jobs.models import Job, OutboxEntry
from ecrm.jobs.outbox import hint
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import User


def stuck() -> QuerySet[OutboxEntry]:
    """Newest first."""
    return OutboxEntry.objects.filter(failed_at__isnull=False).order_by("-id")


@transaction.atomic
def try_again(*, entries: QuerySet[OutboxEntry], by: User) -> int:
    """Puts given-up work back into the outbox; returns how many. A second click finds none."""
    chosen = list(entries.select_for_update())
    now = timezone.now()
    OutboxEntry.objects.filter(pk__in=[entry.pk for entry in chosen]).update(
        failed_at=None, attempts=0, error="", due_at=now, leased_until=None
    )
    _reopen_jobs(chosen)
    if chosen:
        audit.record("work.retried", by=by, count=len(chosen))
    tenant_id = require_tenant_id()
    for entry in chosen:
        transaction.on_commit(lambda task=entry.task, pk=entry.pk: hint(task, tenant_id, pk), robust=True)  # type: ignore[misc]
    return len(chosen)


def _reopen_jobs(entries: list[OutboxEntry]) -> None:
    """A job that failed with its entry goes on with it."""
    ids = [entry.arguments["job_id"] for entry in entries if isinstance(entry.arguments.get("job_id"), int)]
    Job.objects.filter(pk__in=ids, state=Job.State.FAILED).update(
        state=Job.State.WAITING, finished_at=None, error="", done=0, failed=0
    )
