from __future__ import annotations

from ecrm.jobs import beats
from ecrm.jobs.queues import Queue
from ecrm.jobs.tasks import platform_registry, platform_task, task
from ecrm.tenancy import erasure, exports, sample


@task("tenant.export", queue=Queue.IMPORT, atomic=False)
def export(job_id: int) -> None:
    exports.export_tenant(job_id=job_id)


@task("sample.remove", queue=Queue.IMPORT, atomic=False)
def remove_sample(job_id: int) -> None:
    sample.work_off(job_id=job_id)


@platform_task("tenants.erase", queue=Queue.IMPORT)
def erase() -> None:
    erasure.erase_due_tenants()


def _hint_erasure() -> None:
    """Not in the ticks themselves: a large workspace takes a while."""
    platform_registry["tenants.erase"].celery_task.apply_async(retry=False, ignore_result=True)


beats.on_nightly.append(_hint_erasure)
