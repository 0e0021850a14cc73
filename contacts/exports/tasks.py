from __future__ import annotations

from contacts.exports import work
from ecrm.jobs.queues import Queue
from ecrm.jobs.tasks import task


@task("contacts.export", queue=Queue.IMPORT, atomic=False)
def export(job_id: int) -> None:
    work.export(job_id=job_id)
