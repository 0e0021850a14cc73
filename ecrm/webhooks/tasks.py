"""Working what providers have posted."""

from __future__ import annotations

from ecrm.jobs.queues import Queue
from ecrm.jobs.tasks import task
from ecrm.webhooks import services


@task(services.WORK, queue=Queue.WEBHOOK, atomic=False)
def work(receipt_id: int) -> None:
    services.work(receipt_id)
