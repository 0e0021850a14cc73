"""Once a night, what nothing names any more is taken out of the storage."""

from __future__ import annotations

from django.utils import timezone

from ecrm.files import sweeping
from ecrm.jobs import beats
from ecrm.jobs.queues import Queue
from ecrm.jobs.tasks import platform_registry, platform_task
from ecrm.tenancy.context import bind_tenant

# Listing a storage is slow, so of the hourly ticks one is enough; a missed one is made up the next night.
HOUR = 3


@platform_task("files.tidy", queue=Queue.INGEST)
def tidy() -> None:
    for tenant_id in beats.tenant_ids():
        with bind_tenant(tenant_id):
            sweeping.remove_orphans()


def hint_tidy() -> None:
    if timezone.now().hour == HOUR:
        platform_registry["files.tidy"].celery_task.apply_async(retry=False)
