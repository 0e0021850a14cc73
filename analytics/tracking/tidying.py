"""Browsers that said no leave nothing behind once no late request can bring them back."""

from __future__ import annotations

from analytics.tracking import visitors
from ecrm.jobs import beats
from ecrm.jobs.queues import Queue
from ecrm.jobs.tasks import platform_registry, platform_task
from ecrm.tenancy.context import bind_tenant, tenant_transaction


@platform_task("visits.tidy", queue=Queue.INGEST)
def tidy() -> None:
    for tenant_id in beats.tenant_ids():
        with bind_tenant(tenant_id), tenant_transaction():
            visitors.forget_tombstones()


def hint_tidy() -> None:
    """On the nightly tick: visiting every tenant is a task's work, not the tick's."""
    platform_registry["visits.tidy"].celery_task.apply_async(retry=False)
