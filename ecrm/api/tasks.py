"""Answers kept for those who ask twice are forgotten after a day."""

from __future__ import annotations

from ecrm.api import repeats
from ecrm.jobs import beats
from ecrm.jobs.queues import Queue
from ecrm.jobs.tasks import platform_registry, platform_task
from ecrm.tenancy.context import bind_tenant, tenant_transaction


@platform_task("api.tidy", queue=Queue.INGEST)
def tidy() -> None:
    for tenant_id in beats.tenant_ids():
        with bind_tenant(tenant_id), tenant_transaction():
            repeats.forget_old()


def hint_tidy() -> None:
    """On the nightly tick: visiting every tenant is a task's work, not the tick's."""
    platform_registry["api.tidy"].celery_task.apply_async(retry=False)
