"""Stages that follow the calendar."""

from __future__ import annotations

from contacts.stages import rules
from ecrm.jobs import beats
from ecrm.jobs.queues import Queue
from ecrm.jobs.tasks import platform_registry, platform_task
from ecrm.tenancy.context import bind_tenant, tenant_transaction


@platform_task("stages.follow_silence", queue=Queue.INGEST)
def follow_silence() -> None:
    for tenant_id in beats.tenant_ids():
        with bind_tenant(tenant_id), tenant_transaction():
            rules.follow_silence()


def hint_nightly() -> None:
    """On the nightly tick: visiting every tenant is a task's work, not the tick's."""
    platform_registry["stages.follow_silence"].celery_task.apply_async(retry=False)
