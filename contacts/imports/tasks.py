from __future__ import annotations

from contacts.imports import lanes, undoing, work
from ecrm.jobs.queues import Queue
from ecrm.jobs.tasks import task


@task("imports.check", queue=Queue.IMPORT, atomic=False)
def check(run_id: int, job_id: int) -> None:
    work.check(run_id, job_id)


@task("imports.land", queue=Queue.IMPORT, atomic=False)
def land(run_id: int, job_id: int) -> None:
    lanes.land(run_id, job_id)


@task("imports.undo", queue=Queue.IMPORT, atomic=False)
def undo(run_id: int, job_id: int, user_id: int | None) -> None:
    undoing.undo(run_id, job_id, user_id)
