from __future__ import annotations

from contacts.imports import work
from ecrm.jobs.queues import Queue
from ecrm.jobs.tasks import task


@task("imports.check", queue=Queue.IMPORT, atomic=False)
def check(run_id: int, job_id: int) -> None:
    work.check(run_id, job_id)


@task("imports.land", queue=Queue.IMPORT, atomic=False)
def land(run_id: int, job_id: int) -> None:
    work.land(run_id, job_id)
