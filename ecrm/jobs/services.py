"""Jobs a person waits for: start, progress, cancel, finish."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import F
from django.utils import timezone

from ecrm.jobs import outbox
from ecrm.jobs.models import Job, OutboxEntry
from ecrm.jobs.outbox import enqueue
from ecrm.jobs.words import error_words
from ecrm.tenancy.context import tenant_transaction
from ecrm.tenancy.models import User

State = Job.State
OPEN = (State.WAITING, State.RUNNING)

# Rooms above fill this in apps.ready(): whom to tell that a job ended. Called once, in its transaction.
on_finish: list[Callable[[Job], object]] = []


class Cancelled(Exception):
    """Raised inside a job's work when a person asked it to stop."""


def start_job(
    *, task: str, kind: str, title: str, by: User | None, url: str = "", can_retry: bool = False, **arguments: Any
) -> Job:
    """Makes the row people watch and enqueues the work with ``job_id`` among its arguments.

    ``can_retry`` lets a person start the same work anew when it failed or was cancelled.
    """
    call = {"task": task, "arguments": arguments} if can_retry else None
    job = Job.objects.create(kind=kind, title=title[:200], requested_by=by, url=url, call=call)
    enqueue(task, job_id=job.pk, **arguments)
    return job


def retry_job(*, job: Job, by: User) -> Job | None:
    """The same work as a new job; None when it may not be started anew (twice, or while it runs)."""
    if not job.can_retry:
        return None
    call = job.call or {}
    taken = Job.objects.filter(pk=job.pk, call__isnull=False).update(call=None)
    if not taken:
        return None
    return start_job(
        task=call["task"], kind=job.kind, title=job.title, by=by, url=job.url, can_retry=True, **call["arguments"]
    )


def begin(job_id: int, *, total: int = 0) -> bool:
    """Waiting (or running before a crash) becomes running; False when it was cancelled or is over."""
    with tenant_transaction():
        return bool(
            Job.objects.filter(pk=job_id, state__in=OPEN, cancel_requested_at=None).update(
                state=State.RUNNING, started_at=timezone.now(), total=total
            )
        )


def advance(job_id: int, *, done: int = 0, failed: int = 0) -> None:
    """Adds to the counts in a transaction of its own; raises ``Cancelled`` when asked to stop."""
    with tenant_transaction():
        Job.objects.filter(pk=job_id).update(done=F("done") + done, failed=F("failed") + failed)
        if Job.objects.filter(pk=job_id, cancel_requested_at__isnull=False).exists():
            raise Cancelled


def finish(job_id: int, *, state: str = State.DONE, error: str = "", **changes: Any) -> None:
    """Ends a job once; later calls change nothing."""
    with tenant_transaction():
        ended = Job.objects.filter(pk=job_id, state__in=OPEN).update(
            state=state, finished_at=timezone.now(), error=error[:300], **changes
        )
        if ended and on_finish:
            job = Job.objects.get(pk=job_id)
            for tell in on_finish:
                tell(job)


def cancel_job(*, job: Job, by: User) -> bool:
    """Asks the work to stop at its next step. A second click changes nothing."""
    return bool(
        Job.objects.filter(pk=job.pk, state__in=OPEN, cancel_requested_at=None).update(
            cancel_requested_at=timezone.now()
        )
    )


def _fail_with_entry(entry: OutboxEntry) -> None:
    """A job whose work was given up ends as failed, so that nobody waits for it."""
    job_id = entry.arguments.get("job_id")
    if isinstance(job_id, int):
        finish(job_id, state=State.FAILED, error=error_words(entry.error))


outbox.on_give_up.append(_fail_with_entry)
