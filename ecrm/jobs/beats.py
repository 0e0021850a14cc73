"""What beat's ticks set off. Upper rooms register here; each finds its own due rows."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from django.db import connections

from ecrm.jobs.outbox import poll
from ecrm.jobs.queues import Queue
from ecrm.jobs.tasks import platform_task

log = structlog.get_logger(__name__)

# Functions that hint due work across tenants, reading as ``dispatch``. Cheap when nothing is due.
on_tick: list[Callable[[], object]] = []
on_nightly: list[Callable[[], object]] = []


@platform_task("jobs.poll", queue=Queue.INTERACTIVE)
def poll_outbox() -> None:
    poll()


@platform_task("jobs.tick", queue=Queue.INTERACTIVE)
def tick() -> None:
    _run_all(on_tick)


@platform_task("jobs.nightly", queue=Queue.INTERACTIVE)
def nightly() -> None:
    """Hourly; whatever is due once a day knows itself whether it ran."""
    _run_all(on_nightly)


def tenant_ids() -> list[int]:
    """All tenants, for work that visits each; the table is shared and small."""
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT id FROM tenancy_tenant ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


def _run_all(functions: list[Callable[[], object]]) -> None:
    for function in functions:
        try:
            function()
        except Exception:
            # One room's fault must not silence the others' ticks.
            log.exception("tick_failed", function=f"{function.__module__}.{function.__name__}")
