"""Taking mail in. Mails are hinted one by one, since each is a person waiting."""

from __future__ import annotations

from ecrm.jobs.queues import Queue
from ecrm.jobs.tasks import task
from ecrm.mail.inbound import imap, services


@task(services.TAKE_IN, queue=Queue.INGEST, atomic=False)
def take_in(mail_id: int) -> None:
    services.take_in(mail_id)


@task(imap.FETCH, queue=Queue.INGEST, atomic=False)
def fetch_mailbox(mailbox_id: int) -> None:
    imap.fetch(mailbox_id)
