"""Judging, soon after the hits: beat's tick looks for tenants where some wait."""

from __future__ import annotations

import structlog
from django.db import connections
from kombu.exceptions import OperationalError

from campaigns.engagement import judging, services
from campaigns.models import Hit
from ecrm.jobs.queues import Queue
from ecrm.jobs.tasks import registry, task
from ecrm.tenancy.context import tenant_transaction

JUDGE = "campaigns.judge_hits"
_WAITING = f"""
    SELECT DISTINCT tenant_id FROM {Hit.table()} WHERE verdict = '' AND at <= now() - %s * interval '1 second'"""
log = structlog.get_logger(__name__)


@task(JUDGE, queue=Queue.INGEST, atomic=False)
def judge_hits() -> None:
    """Batch by batch, each in a transaction of its own."""
    judged = judging.BATCH
    while judged == judging.BATCH:
        with tenant_transaction():
            judged = services.judge_hits()


def hint_due() -> int:
    """Finds tenants with hits to judge, reading as ``dispatch``; returns how many were hinted."""
    with connections["dispatch"].cursor() as cursor:
        cursor.execute(_WAITING, [judging.DELAY.total_seconds()])
        rows = cursor.fetchall()
    return sum(_hint(tenant_id) for (tenant_id,) in rows)


def _hint(tenant_id: int) -> bool:
    try:
        registry[JUDGE].celery_task.apply_async(kwargs={"tenant_id": tenant_id}, retry=False, ignore_result=True)
    except (OperationalError, OSError):
        log.warning("broker_away", task=JUDGE)
        return False
    return True
