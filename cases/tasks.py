"""Work of cases in the background: ids in, one call."""

from __future__ import annotations

from cases.sending import post
from cases.services import close_long_solved
from cases.services.answering import SEND
from ecrm.jobs import beats
from ecrm.jobs.queues import Queue
from ecrm.jobs.tasks import task
from ecrm.tenancy.context import tenant_context


@task(SEND, queue=Queue.INTERACTIVE, atomic=False)
def send_answer(message_id: int) -> None:
    post.send(message_id)


def nightly() -> None:
    """Closes, tenant by tenant, what was solved long enough ago."""
    for tenant_id in beats.tenant_ids():
        with tenant_context(tenant_id):
            close_long_solved()
