"""The outbox: a committed page never loses its work, with or without Redis.

``enqueue()`` writes a row in the caller's transaction and hints Celery after commit. A worker
claims the row under a lease, runs the task and deletes the row. The poller (beat, every two
seconds) hints again for rows nobody has taken, so lost messages and dead workers heal.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

import structlog
from django.db import connections, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from kombu.exceptions import OperationalError

from ecrm.jobs import alive
from ecrm.jobs.models import OutboxEntry
from ecrm.jobs.tasks import TAKES_IN, call, registry
from ecrm.tenancy.closed import OPEN_TASKS, closed
from ecrm.tenancy.context import require_tenant_id, tenant_transaction

MOST_TOGETHER = 50
MOST_ROUNDS = 20
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


def enqueue_each(task: str, calls: Sequence[dict[str, Any]]) -> None:
    """``enqueue()`` for many calls of one task, in one statement."""
    queue, now, tenant_id = registry[task].queue.value, timezone.now(), require_tenant_id()
    entries = OutboxEntry.objects.bulk_create(
        [OutboxEntry(task=task, queue=queue, arguments=arguments, due_at=now) for arguments in calls]
    )
    hints = list(_one_for_many((task, tenant_id, entry.pk) for entry in entries))
    transaction.on_commit(lambda: [hint(*each) for each in hints], robust=True)


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
    _work(entry)
    return True


def work_waiting(task: str) -> int:
    """Works what waits of one task that has a way to do many together; returns how many are done.

    Each that fails together is tried alone, so that one bad call harms no other. Raises the last
    error of those, after all have had their turn.
    """
    worked, failure = 0, None
    for _round in range(MOST_ROUNDS):
        entries = _claim_waiting(task)
        if not entries:
            break
        alone = _work_together(entries)
        worked += len(entries) - len(alone)
        for entry in alone:
            try:
                worked += _work_again(entry) if len(entries) > 1 else _work(entry)
            except Exception as error:
                failure = error
    else:
        hint(task, require_tenant_id(), 0)
    if failure is not None:
        raise failure
    return worked


def _work(entry: OutboxEntry) -> bool:
    registered = registry[entry.task]
    try:
        with alive.renewed(entry) if registered.is_renewed else nullcontext():
            call(registered, entry.arguments)
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
            "   AND tenant_id <> ALL (%s) AND NOT (tenant_id = ANY (%s) AND task = ANY (%s))"
            " ORDER BY due_at LIMIT %s",
            [HINT_GRACE_SECONDS, list(closed.ids()), list(closed.suspended()), _paused_tasks(), limit],
        )
        rows = cursor.fetchall()
    hints = _one_for_many((task, tenant_id, entry_id) for entry_id, tenant_id, task in rows if task in registry)
    return sum(hint(*each) for each in hints)


def _paused_tasks() -> list[str]:
    """Those that wait while their tenant is suspended."""
    return [name for name, known in registry.items() if known.queue not in TAKES_IN and name not in OPEN_TASKS]


def _one_for_many(rows: Iterable[tuple[str, int, int]]) -> Iterator[tuple[str, int, int]]:
    """One hint a batch for tasks that do many together."""
    seen: Counter[tuple[str, int]] = Counter()
    for task, tenant_id, entry_id in rows:
        if registry[task].together is None or seen[task, tenant_id] % MOST_TOGETHER == 0:
            yield task, tenant_id, entry_id
        seen[task, tenant_id] += 1


def drain(*, rounds: int = 20) -> int:
    """Works the bound tenant's due entries in this process until none is left (seed, tests)."""
    worked = 0
    for _round in range(rounds):
        with tenant_transaction():
            waiting = OutboxEntry.objects.filter(failed_at=None, due_at__lte=timezone.now()).order_by("id")
            found = list(waiting.values_list("pk", "task"))
        together = dict.fromkeys(task for _id, task in found if registry[task].together)
        done = sum(work_waiting(task) for task in together)
        done += sum(work_entry(entry_id) for entry_id, task in found if task not in together)
        worked += done
        if not done:
            break
    return worked


def _claim(entry_id: int) -> OutboxEntry | None:
    free = Q(leased_until=None) | Q(leased_until__lt=Now())
    with tenant_transaction():
        due = OutboxEntry.objects.filter(free, pk=entry_id, failed_at=None, due_at__lte=Now())
        entry = due.first()
        if entry is None:
            return None
        claimed = due.filter(attempts=entry.attempts).update(
            leased_until=Now() + _lease(entry.task), attempts=entry.attempts + 1
        )
        entry.attempts += 1
        return entry if claimed else None


def _lease(task: str) -> timedelta:
    """Short where it is renewed while the worker lives."""
    registered = registry[task]
    return alive.LEASE if registered.is_renewed else registered.lease


def _claim_waiting(task: str) -> list[OutboxEntry]:
    """The oldest, up to ``MOST_TOGETHER`` that were never tried; one that was tried before comes alone."""
    free = Q(leased_until=None) | Q(leased_until__lt=Now())
    with tenant_transaction():
        due = OutboxEntry.objects.filter(free, task=task, failed_at=None, due_at__lte=Now()).order_by("due_at", "id")
        found = list(due.select_for_update(skip_locked=True)[:MOST_TOGETHER])
        entries = list(takewhile(lambda entry: entry.attempts == 0, found)) or found[:1]
        OutboxEntry.objects.filter(pk__in=[entry.pk for entry in entries]).update(
            leased_until=Now() + _lease(task), attempts=F("attempts") + 1
        )
    for entry in entries:
        entry.attempts += 1
    return entries


def _work_together(entries: list[OutboxEntry]) -> list[OutboxEntry]:
    """Returns those that have to be worked alone; the rows of the others are gone."""
    together = registry[entries[0].task].together
    if together is None or len(entries) == 1:
        return entries
    try:
        done = set(together([entry.arguments for entry in entries]))
    except Exception:
        log.warning("not_done_together", task=entries[0].task, entries=len(entries), exc_info=True)
        return entries
    with tenant_transaction():
        first_try = OutboxEntry.objects.filter(attempts=entries[0].attempts)
        first_try.filter(pk__in=[entries[position].pk for position in done]).delete()
    return [entry for position, entry in enumerate(entries) if position not in done]


def _work_again(entry: OutboxEntry) -> bool:
    """Unless somebody else has it by now: its turn may come long after the claim."""
    with tenant_transaction():
        ours = OutboxEntry.objects.filter(pk=entry.pk, attempts=entry.attempts, leased_until__isnull=False)
        is_ours = ours.update(leased_until=Now() + _lease(entry.task))
    return bool(is_ours) and _work(entry)


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
