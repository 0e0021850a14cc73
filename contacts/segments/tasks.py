"""Calculations behind the page, and the tick that finds what is due."""

from __future__ import annotations

from typing import Any

import structlog
from django.db import connections
from kombu.exceptions import OperationalError

from contacts.models import Segment
from contacts.segments import recalculation, watching
from ecrm.jobs.queues import Queue
from ecrm.jobs.tasks import registry, task
from ecrm.tenancy.context import tenant_transaction

MOST_BATCHES = 20
log = structlog.get_logger(__name__)


@task("segments.recalculate", queue=Queue.INGEST)
def recalculate(segment_id: int) -> None:
    if segment := Segment.objects.filter(pk=segment_id).first():
        recalculation.recalculate(segment)


@task("segments.recalculate_watched", queue=Queue.INGEST, atomic=False)
def recalculate_watched(segment_id: int, job_id: int) -> None:
    watching.work(segment_id, job_id)


@task("segments.refresh", queue=Queue.INGEST, atomic=False)
def refresh() -> None:
    """Batch by batch, each in a transaction of its own; the next tick goes on where this one ends."""
    for _batch in range(MOST_BATCHES):
        with tenant_transaction():
            if not recalculation.refresh_dirty():
                return


@task("segments.follow_clock", queue=Queue.INGEST)
def follow_clock(segment_id: int) -> None:
    if segment := Segment.objects.filter(pk=segment_id, archived_at=None).first():
        recalculation.follow_clock(segment)


def hint_due() -> None:
    """On each tick: tenants with marked people, segments whose clock has struck."""
    for (tenant_id,) in _dispatch(_MARKED):
        _hint("segments.refresh", tenant_id)
    for tenant_id, segment_id in _dispatch(_STRUCK):
        _hint("segments.follow_clock", tenant_id, segment_id=segment_id)


def hint_nightly() -> None:
    """Segments at which nobody has looked as a whole for a day."""
    for tenant_id, segment_id in _dispatch(_UNRECONCILED):
        _hint("segments.recalculate", tenant_id, segment_id=segment_id)


# From one tenant to the next by the index, however many rows each has.
_MARKED = """
WITH RECURSIVE waiting (tenant_id) AS (
    SELECT min(tenant_id) FROM contacts_dirtycontact
    UNION ALL
    SELECT (SELECT min(mark.tenant_id) FROM contacts_dirtycontact mark WHERE mark.tenant_id > waiting.tenant_id)
      FROM waiting WHERE waiting.tenant_id IS NOT NULL
)
SELECT tenant_id FROM waiting WHERE tenant_id IS NOT NULL
"""
_STRUCK = """
SELECT tenant_id, id FROM contacts_segment
 WHERE archived_at IS NULL AND next_boundary_at <= now() ORDER BY next_boundary_at LIMIT 500
"""
_UNRECONCILED = """
SELECT tenant_id, id FROM contacts_segment
 WHERE archived_at IS NULL AND (reconciled_at IS NULL OR reconciled_at < now() - interval '23 hours')
 ORDER BY reconciled_at LIMIT 5000
"""


def _dispatch(sql: str) -> list[tuple[Any, ...]]:
    with connections["dispatch"].cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def _hint(name: str, tenant_id: int, **arguments: int) -> None:
    """Rows decide what is done, so a lost hint costs one tick."""
    try:
        registry[name].celery_task.apply_async(
            kwargs={"tenant_id": tenant_id, **arguments}, retry=False, ignore_result=True
        )
    except (OperationalError, OSError):
        log.warning("broker_away", task=name)
