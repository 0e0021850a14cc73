"""What an import keeps goes after a while: the file, unfinished rows, reasons that quote values."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from contacts.imports.services import KEPT_DAYS
from contacts.models import ImportProblem, ImportRow, ImportRun
from ecrm.files import services as files
from ecrm.jobs import beats
from ecrm.jobs.queues import Queue
from ecrm.jobs.tasks import platform_registry, platform_task
from ecrm.tenancy.context import bind_tenant, tenant_transaction


@platform_task("imports.tidy", queue=Queue.INGEST)
def tidy() -> None:
    for tenant_id in beats.tenant_ids():
        with bind_tenant(tenant_id), tenant_transaction():
            forget_old()


def forget_old() -> None:
    """For the current tenant. Counts and who imported what stay."""
    files.remove_expired()
    old = ImportRun.objects.filter(created_at__lt=timezone.now() - timedelta(days=KEPT_DAYS)).exclude(
        state__in=[ImportRun.State.CHECKING, ImportRun.State.IMPORTING]
    )
    ImportRow.objects.filter(run__in=old).delete()
    ImportProblem.objects.filter(run__in=old).delete()


def hint_tidy() -> None:
    """On the nightly tick: visiting every tenant is a task's work, not the tick's."""
    platform_registry["imports.tidy"].celery_task.apply_async(retry=False)
