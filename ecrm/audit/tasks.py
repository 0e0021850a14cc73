from __future__ import annotations

from ecrm.audit import exports
from ecrm.jobs.queues import Queue
from ecrm.jobs.tasks import task


@task("audit.export", queue=Queue.IMPORT, atomic=False)
def export(job_id: int) -> None:
    exports.export_entries(job_id=job_id)
