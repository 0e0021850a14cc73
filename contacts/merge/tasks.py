from __future__ import annotations

from django.db import connection

from contacts.models import Merge
from ecrm.jobs.queues import Queue
from ecrm.jobs.tasks import task


@task("merges.gather", queue=Queue.INGEST)
def gather(merge_id: int) -> None:
    """The history of a merged person that was being written while they were merged. Idempotent."""
    merge = Merge.objects.filter(pk=merge_id, undone_at=None).first()
    if merge is not None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT reassign_events(%s, %s)", [merge.loser_id, merge.survivor_id])
