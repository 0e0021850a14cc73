"""Taking mail in: whatever waits goes together, so that a flood costs less a mail than a trickle."""

from __future__ import annotations

from datetime import timedelta

from ecrm.jobs.queues import Queue
from ecrm.jobs.tasks import task
from ecrm.mail.inbound import batch, imap, services

LEASE = timedelta(seconds=90)  # people wait for what a dead worker held


@task(services.TAKE_IN, queue=Queue.INGEST, atomic=False, together=batch.take_in_together, lease=LEASE)
def take_in(mail_id: int) -> None:
    services.take_in(mail_id)


@task(imap.FETCH, queue=Queue.INGEST, atomic=False)
def fetch_mailbox(mailbox_id: int) -> None:
    imap.fetch(mailbox_id)
