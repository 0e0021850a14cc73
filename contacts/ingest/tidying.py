"""What the intake keeps goes after a while: refused events, and keys that no sender repeats any more."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from contacts.ingest import refusals
from contacts.ingest.flushing import SOURCE
from contacts.models import EventKey
from ecrm.jobs import beats
from ecrm.jobs.queues import Queue
from ecrm.jobs.tasks import platform_registry, platform_task
from ecrm.tenancy.context import bind_tenant, tenant_transaction

# Far longer than any browser or flusher tries again.
KEYS_KEPT = timedelta(days=30)


@platform_task("intake.tidy", queue=Queue.INGEST)
def tidy() -> None:
    for tenant_id in beats.tenant_ids():
        with bind_tenant(tenant_id), tenant_transaction():
            refusals.forget_old()
            EventKey.objects.filter(source=SOURCE, occurred_at__lt=timezone.now() - KEYS_KEPT).delete()


def hint_tidy() -> None:
    """On the nightly tick: visiting every tenant is a task's work, not the tick's."""
    platform_registry["intake.tidy"].celery_task.apply_async(retry=False)
