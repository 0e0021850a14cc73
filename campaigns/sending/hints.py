"""Telling Celery that there is work. The database knows it anyway: a lost hint costs one tick."""

from __future__ import annotations

from typing import Any

import structlog
from django.db import connections, transaction
from kombu.exceptions import OperationalError

from campaigns.models.campaign import State
from ecrm.jobs.tasks import registry
from ecrm.tenancy.context import require_tenant_id

WORK, MATERIALISE, START = "campaigns.work", "campaigns.materialise", "campaigns.start"
MOST_WORKERS = 8  # hints for one campaign at a time; each worker goes on until nothing is due
log = structlog.get_logger(__name__)


def work(campaign_id: int, *, workers: int = 1) -> None:
    """After commit, up to ``workers`` turns at this campaign."""
    for _worker in range(min(workers, MOST_WORKERS)):
        _after_commit(WORK, campaign_id)


def materialise(campaign_id: int) -> None:
    _after_commit(MATERIALISE, campaign_id)


def tick() -> int:
    """Finds what is due in any tenant, reading as ``dispatch``; returns how many hints were given."""
    given = 0
    for task, sql in _DUE.items():
        with connections["dispatch"].cursor() as cursor:
            cursor.execute(sql)
            rows = cursor.fetchall()
        for tenant_id, campaign_id, times in rows:
            given += sum(_hint(task, tenant_id, campaign_id) for _time in range(min(times, MOST_WORKERS)))
    return given


_RUNNING = f"k.state = '{State.SENDING}'"
_DUE = {
    START: f"""SELECT tenant_id, id, 1 FROM campaigns_campaign k
                WHERE k.state = '{State.SCHEDULED}' AND k.scheduled_at <= now()""",
    MATERIALISE: f"SELECT tenant_id, id, 1 FROM campaigns_campaign k WHERE {_RUNNING} AND k.audience_done_at IS NULL",
    # One hint a due chunk; one for a campaign that has none left open, to finish it.
    WORK: f"""SELECT k.tenant_id, k.id, CASE WHEN found.open = 0 THEN 1 ELSE found.due END
                FROM campaigns_campaign k CROSS JOIN LATERAL (
                     SELECT count(*) AS open,
                            count(*) FILTER (WHERE c.due_at <= now()
                                             AND (c.leased_until IS NULL OR c.leased_until < now())) AS due
                       FROM campaigns_chunk c
                      WHERE c.tenant_id = k.tenant_id AND c.campaign_id = k.id AND c.done_at IS NULL) found
               WHERE {_RUNNING} AND (found.due > 0 OR (found.open = 0 AND k.audience_done_at IS NOT NULL))""",
}


def _after_commit(task: str, campaign_id: int) -> None:
    tenant_id = require_tenant_id()
    transaction.on_commit(lambda: _hint(task, tenant_id, campaign_id), robust=True)


def _hint(task: str, tenant_id: int, campaign_id: int) -> bool:
    arguments: dict[str, Any] = {"tenant_id": tenant_id, "campaign_id": campaign_id}
    try:
        registry[task].celery_task.apply_async(kwargs=arguments, retry=False, ignore_result=True)
    except (OperationalError, OSError):
        log.warning("broker_away", task=task, campaign=campaign_id)
        return False
    return True
