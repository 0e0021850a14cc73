"""The engine's tasks. All are harmless when they run twice or for a campaign that is over."""

from __future__ import annotations

from campaigns.engagement import tasks as engagement_tasks  # noqa: F401  known to the workers
from campaigns.sending import audience, engine, hints, people, services, states
from ecrm.jobs.queues import Queue
from ecrm.jobs.tasks import task


@task(hints.START, queue=Queue.SEND)
def start(campaign_id: int) -> None:
    services.start_scheduled(campaign_id)


@task(hints.MATERIALISE, queue=Queue.SEND, atomic=False)
def materialise(campaign_id: int) -> None:
    try:
        for chunks in audience.materialise(campaign_id):
            hints.work(campaign_id, workers=chunks)
    except people.BrokenRule as error:
        states.hold(campaign_id, str(error))
    states.finish(campaign_id)


@task(hints.WORK, queue=Queue.SEND, atomic=False)
def work(campaign_id: int) -> None:
    engine.work(campaign_id)
