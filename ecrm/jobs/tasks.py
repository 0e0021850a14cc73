"""Tasks that carry their tenant.

``@task`` registers work that belongs to a tenant: it is called with ids, refuses to run without
a tenant, waits while the tenant is closed (or suspended, unless it only takes in), and runs at
least once for every committed ``enqueue()``. ``@platform_task`` registers the few that belong to
none (partitions, polling, account mails).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from celery import shared_task

from ecrm.jobs.queues import Queue
from ecrm.tenancy.closed import closed
from ecrm.tenancy.context import MissingTenant, bind_tenant, no_tenant, tenant_transaction
from ecrm.tenancy.settings_rows import remembered

LEASE = timedelta(minutes=10)
# Of a suspended tenant these go on: what others tell it is neither lost nor late.
TAKES_IN = frozenset({Queue.INGEST, Queue.WEBHOOK})
Together = Callable[[Sequence[dict[str, Any]]], Collection[int]]


@dataclass(frozen=True, slots=True)
class RegisteredTask:
    """``is_atomic`` tasks run in one tenant transaction; the others open their own, step by step.

    ``together`` does many calls at once: it is given their arguments and returns the positions of
    those that are done; the others are called one by one. ``lease`` is how long a worker that has
    died keeps others away. Work a person waits for goes on for long: it ``is_renewed`` while its worker lives.
    """

    name: str
    queue: Queue
    body: Callable[..., Any]
    is_atomic: bool
    celery_task: Any
    together: Together | None = None
    lease: timedelta = LEASE

    @property
    def is_renewed(self) -> bool:
        return self.queue == Queue.IMPORT and not self.is_atomic


registry: dict[str, RegisteredTask] = {}
platform_registry: dict[str, RegisteredTask] = {}


def task(
    name: str, *, queue: Queue, atomic: bool = True, together: Together | None = None, lease: timedelta = LEASE
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Registers a tenant's task. Arguments are ids by keyword; the body calls one service."""

    def decorate(body: Callable[..., Any]) -> Callable[..., Any]:
        @shared_task(name=name)
        @functools.wraps(body)
        def run(*, tenant_id: int | None = None, entry_id: int | None = None, **arguments: Any) -> None:
            from ecrm.jobs.outbox import work_entry, work_waiting

            if tenant_id is None:
                raise MissingTenant(f"Task {name} needs a tenant_id.")
            if waits(name, tenant_id):
                return
            with no_tenant(), bind_tenant(tenant_id), remembered():
                if entry_id is None:
                    call(registry[name], arguments)
                elif together is not None:
                    work_waiting(name)
                else:
                    work_entry(entry_id)

        registry[name] = RegisteredTask(name, queue, body, atomic, run, together, lease)
        return body

    return decorate


def waits(name: str, tenant_id: int) -> bool:
    """Whether a task stays undone for now, because its tenant is closed or suspended."""
    return closed.holds_up(name, tenant_id, takes_in=registry[name].queue in TAKES_IN)


def platform_task(name: str, *, queue: Queue) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    """Registers work of the installation itself, which sees no tenant's rows."""

    def decorate(body: Callable[[], Any]) -> Callable[[], Any]:
        @shared_task(name=name)
        @functools.wraps(body)
        def run() -> None:
            with no_tenant():
                body()

        platform_registry[name] = RegisteredTask(name, queue, body, False, run)
        return body

    return decorate


def call(registered: RegisteredTask, arguments: dict[str, Any]) -> None:
    """Runs a task's body for the bound tenant."""
    if not registered.is_atomic:
        registered.body(**arguments)
        return
    with tenant_transaction():
        registered.body(**arguments)


def route(name: str, *args: Any, **kwargs: Any) -> dict[str, str] | None:
    """Celery's router: the queue a task was registered with."""
    registered = registry.get(name) or platform_registry.get(name)
    return {"queue": registered.queue.value} if registered else None
