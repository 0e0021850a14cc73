"""Fields deleted long ago go for good, with their values."""

from __future__ import annotations

from django.db import connection

from contacts.fields.defining import purge_before
from contacts.models import CustomChoice, CustomField, CustomValue
from ecrm.audit import services as audit
from ecrm.jobs import beats
from ecrm.jobs.queues import Queue
from ecrm.jobs.tasks import platform_registry, platform_task
from ecrm.tenancy.context import bind_tenant, require_tenant_id, tenant_transaction

BATCH = 10_000


@platform_task("fields.tidy", queue=Queue.INGEST)
def tidy() -> None:
    for tenant_id in beats.tenant_ids():
        with bind_tenant(tenant_id):
            purge()


def hint_tidy() -> None:
    """On the nightly tick: visiting every tenant is a task's work, not the tick's."""
    platform_registry["fields.tidy"].celery_task.apply_async(retry=False)


def purge() -> int:
    """Removes what was deleted ``defining.KEPT_DAYS`` ago, values in batches of their own; answers how many fields."""
    with tenant_transaction():
        due = list(CustomField.objects.filter(deleted_at__lt=purge_before()))
    for field in due:
        while _remove_values(field):
            pass
        with tenant_transaction():
            audit.record("field.purged", by=None, subject=field)
            CustomChoice.objects.filter(field=field).delete()
            field.delete()
    return len(due)


def _remove_values(field: CustomField) -> int:
    with tenant_transaction(), connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {CustomValue.table()} WHERE tenant_id = %s AND id IN ("
            f" SELECT id FROM {CustomValue.table()} WHERE tenant_id = %s AND field_id = %s LIMIT {BATCH})",
            [require_tenant_id(), require_tenant_id(), field.pk],
        )
        return int(cursor.rowcount)
