from __future__ import annotations

from ecrm.jobs.queues import Queue
from ecrm.jobs.tasks import task
from ecrm.notices import mailing


@task("notices.mail", queue=Queue.INTERACTIVE)
def mail(user_id: int) -> None:
    mailing.mail_unread(user_id=user_id)
