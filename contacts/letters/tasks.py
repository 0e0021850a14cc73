"""Sending letters in the background."""

from __future__ import annotations

from contacts.letters import sending
from contacts.letters.writing import SEND
from ecrm.jobs.queues import Queue
from ecrm.jobs.tasks import task


@task(SEND, queue=Queue.INTERACTIVE, atomic=False)
def send_letter(letter_id: int) -> None:
    sending.send(letter_id)
