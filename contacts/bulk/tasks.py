from __future__ import annotations

from contacts.bulk import services
from ecrm.jobs.queues import Queue
from ecrm.jobs.tasks import task


@task("contacts.act_on_many", queue=Queue.IMPORT, atomic=False)
def act_on_many(run_id: int, job_id: int) -> None:
    services.work(run_id, job_id)


@task("contacts.undo_act", queue=Queue.IMPORT, atomic=False)
def undo_act(run_id: int, job_id: int) -> None:
    services.work_undo(run_id, job_id)
