"""The outbox: a committed page never loses its work, with or without Redis.

``enqueue()`` writes a row in the caller's transaction and hints Celery after commit. A worker
claims the row under a lease, runs the task and deletes the row. The poller (beat, every two
seconds) hints again for rows nobody has taken, so lost messages and dead workers heal.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import connections, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from kombu.exceptions import OperationalError

from ecrm.jobs.models import OutboxEntry
from ecrm.jobs.tasks import call, registry
from ecrm.tenancy.closed import closed
from ecrm.tenancy.context import require_tenant_id, tenant_transaction

LEASE = timedelta(minutes=10)
MAX_ATTEMPTS = 8
BACK_OFF_SECONDS = (5, 30, 120, 600, 1800, 3600, 7200)
HINT_GRACE_SECONDS = 3
# Told of every entry that will not be tried again by itself, in the entry's transaction.
on_give_up: list[Callable[[OutboxEntry], object]] = []
log = structlog.get_logger(__name__)


def enqueue(task: str, *, due_at: datetime | None = None, **arguments: Any) -> OutboxEntry:
    """Asks for ``registry[task]`` to run with these ids once the transaction has committed.

    At least once: the task must be harmless when it runs again. Must run inside a tenant.
    """
    registered = registry[task]
    entry = OutboxEntry.objects.create(
        task=task, queue=registered.queue.value, arguments=arguments, due_at=due_at or timezone.now()
    )
    if due_at is None:
        tenant_id = require_tenant_id()
        transaction.on_commit(lambda: hint(task, tenant_id, entry.pk), robust=True)
    return entry


def hint(task: str, tenant_id: int, entry_id: int) -> bool:
    """Tells Celery that a row waits. False when the broker is away: the poller will tell it."""
    try:
        registry[task].celery_task.apply_async(
            kwargs={"tenant_id": tenant_id, "entry_id": entry_id}, retry=False, ignore_result=True
        )
    except (OperationalError, OSError):
        log.warning("broker_away", task=task, entry=entry_id)
        return False
    return True


def work_entry(entry_id: int) -> bool:
    """Claims, runs and deletes one entry of the bound tenant. False when there was nothing to do."""
    entry = _claim(entry_id)
    if entry is None:
        return False
    try:
        call(registry[entry.task], entry.arguments)
    except Exception as error:
        _put_back(entry, error)
        raise
    with tenant_transaction():
        OutboxEntry.objects.filter(pk=entry.pk, attempts=entry.attempts).delete()
    return True


def poll(limit: int = 500) -> int:
    """Hints every due row nobody works on, across open tenants. Reads as ``dispatch``; returns how many."""
    with connections["dispatch"].cursor() as cursor:
        cursor.execute(
            "SELECT id, tenant_id, task FROM jobs_outboxentry"
            " WHERE failed_at IS NULL AND due_at < now() - %s * interval '1 second'"
            "   AND (leased_until IS NULL OR leased_until < now())"
            "   AND tenant_id <> ALL (%s)"
            " ORDER BY due_at LIMIT %s",
            [HINT_GRACE_SECONDS, list(closed.ids()), limit],
        )
        rows = cursor.fetchall()
    return sum(hint(task, tenant_id, entry_id) for entry_id, tenant_id, task in rows if task in registry)


def drain(*, rounds: int = 20) -> int:
    """Works the bound tenant's due entries in this process until none is left (seed, tests)."""
    worked = 0
    for _round in range(rounds):
        with tenant_transaction():
            ids = list(
                OutboxEntry.objects.filter(failed_at=None, due_at__lte=timezone.now())
                .order_by("id")
                .values_list("pk", flat=True)
            )
        done = sum(work_entry(entry_id) for entry_id in ids)
        worked += done
        if not done:
            break
    return worked


def _claim(entry_id: int) -> OutboxEntry | None:
    free = Q(leased_until=None) | Q(leased_until__lt=Now())
    with tenant_transaction():
        claimed = OutboxEntry.objects.filter(free, pk=entry_id, failed_at=None, due_at__lte=Now()).update(
            leased_until=Now() + LEASE, attempts=F("attempts") + 1
        )
        return OutboxEntry.objects.get(pk=entry_id) if claimed else None


def _put_back(entry: OutboxEntry, error: Exception) -> None:
    log.warning("task_failed", task=entry.task, entry=entry.pk, tenant=require_tenant_id(), error=type(error).__name__)
    wait = BACK_OFF_SECONDS[min(entry.attempts - 1, len(BACK_OFF_SECONDS) - 1)] * random.uniform(0.8, 1.2)
    is_last = entry.attempts >= MAX_ATTEMPTS
    with tenant_transaction():
        put_back = OutboxEntry.objects.filter(pk=entry.pk, attempts=entry.attempts).update(
            leased_until=None,
            due_at=Now() + timedelta(seconds=wait),
            error=type(error).__name__[:300],
            failed_at=timezone.now() if is_last else None,
        )
        if is_last and put_back:
            entry.error = type(error).__name__[:300]
            for tell in on_give_up:
                tell(entry)
