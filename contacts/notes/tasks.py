"""Telling what is due."""

from __future__ import annotations

from contacts.notes import follow_ups
from ecrm.jobs.queues import Queue
from ecrm.jobs.tasks import task


@task(follow_ups.TELL, queue=Queue.INTERACTIVE)
def tell_follow_up(follow_up_id: int) -> None:
    follow_ups.tell(follow_up_id)
