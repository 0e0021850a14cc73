from __future__ import annotations

from consent.moving import bringing, preparing, surveying
from ecrm.jobs.queues import Queue
from ecrm.jobs.tasks import task


@task("moving.read", queue=Queue.IMPORT, atomic=False)
def read(move_id: int, job_id: int) -> None:
    surveying.read(move_id, job_id)


@task("moving.prepare", queue=Queue.IMPORT, atomic=False)
def prepare(move_id: int, job_id: int) -> None:
    preparing.prepare(move_id, job_id)


@task("moving.bring", queue=Queue.IMPORT, atomic=False)
def bring(move_id: int, job_id: int) -> None:
    bringing.bring(move_id, job_id)
