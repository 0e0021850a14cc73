"""Looking behind the page: the tick for people who changed, the night for everybody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import structlog
from django.db import connections
from django.utils import timezone
from kombu.exceptions import OperationalError

from contacts.duplicates import services as duplicates
from contacts.models import Contact, QualityCount
from contacts.quality import work
from ecrm.jobs import beats
from ecrm.jobs import services as jobs
from ecrm.jobs.queues import Queue
from ecrm.jobs.tasks import platform_registry, platform_task, registry, task
from ecrm.tenancy.context import bind_tenant, tenant_transaction

MOST_BATCHES = 20
log = structlog.get_logger(__name__)


@task("quality.refresh", queue=Queue.INGEST, atomic=False)
def refresh() -> None:
    """Batch by batch, each in a transaction of its own; the next tick goes on where this one ends."""
    for _batch in range(MOST_BATCHES):
        with tenant_transaction():
            if not work.refresh_changed():
                break
    with tenant_transaction():
        duplicates.merge_by_rules()


@task("quality.look", queue=Queue.INGEST, atomic=False, lease=timedelta(hours=1))
def look(job_id: int) -> None:
    """Everybody, as a job that a person watches."""
    if not jobs.begin(job_id, total=_people()):
        return
    try:
        work.look_at_everybody(lambda done: jobs.advance(job_id, done=done))
    except jobs.Cancelled:
        jobs.finish(job_id, state=jobs.State.CANCELLED)
        return
    _merge_by_rules()
    jobs.finish(job_id)


@task("quality.look_nightly", queue=Queue.INGEST, atomic=False, lease=timedelta(hours=1))
def look_nightly() -> None:
    work.look_at_everybody(lambda _done: None)
    _merge_by_rules()


@platform_task("quality.nightly", queue=Queue.INGEST)
def nightly() -> None:
    """Asks for the round of every workspace that has not had one today."""
    for tenant_id in beats.tenant_ids():
        with bind_tenant(tenant_id), tenant_transaction():
            is_due = not QualityCount.objects.filter(day=timezone.localdate(), dimension="all").exists()
        if is_due:
            _hint("quality.look_nightly", tenant_id)


def hint_due() -> None:
    """On each tick: tenants in which somebody changed."""
    with connections["dispatch"].cursor() as cursor:
        cursor.execute(_CHANGED)
        for (tenant_id,) in cursor.fetchall():
            _hint("quality.refresh", tenant_id)


def hint_nightly() -> None:
    platform_registry["quality.nightly"].celery_task.apply_async(retry=False)


def _merge_by_rules() -> None:
    with tenant_transaction():
        duplicates.merge_by_rules()


def _people() -> int:
    with tenant_transaction():
        return Contact.objects.unbinned().count()


def _hint(name: str, tenant_id: int, **arguments: Any) -> None:
    """Rows decide what is done, so a lost hint costs one tick."""
    try:
        registry[name].celery_task.apply_async(
            kwargs={"tenant_id": tenant_id, **arguments}, retry=False, ignore_result=True
        )
    except (OperationalError, OSError):
        log.warning("broker_away", task=name)


# From one tenant to the next by the index, however many rows each has.
_CHANGED = """
WITH RECURSIVE waiting (tenant_id) AS (
    SELECT min(tenant_id) FROM contacts_unmatchedcontact
    UNION ALL
    SELECT (SELECT min(mark.tenant_id) FROM contacts_unmatchedcontact mark WHERE mark.tenant_id > waiting.tenant_id)
      FROM waiting WHERE waiting.tenant_id IS NOT NULL
)
SELECT tenant_id FROM waiting WHERE tenant_id IS NOT NULL
"""
