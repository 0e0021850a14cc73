"""A calculation somebody asked for and waits for: a job with progress."""

from __future__ import annotations

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from contacts.models import Segment
from contacts.segments import order, recalculation
from ecrm.audit import services as audit
from ecrm.jobs import services as jobs
from ecrm.jobs.models import Job
from ecrm.tenancy.context import tenant_transaction
from ecrm.tenancy.models import User

KIND = "segments.recalculate"


@transaction.atomic
def start(*, segment: Segment, by: User) -> Job | None:
    """None while it is being calculated on demand already."""
    url = reverse("segment", args=[segment.pk])
    if Job.objects.filter(kind=KIND, url=url, state__in=jobs.OPEN).exists():
        return None
    audit.record("segment.recalculated", by=by, subject=segment)
    title = _("Calculate the segment “%(name)s”") % {"name": segment.name}
    return jobs.start_job(
        task="segments.recalculate_watched", kind=KIND, title=title, by=by, url=url, segment_id=segment.pk
    )


def work(segment_id: int, job_id: int) -> None:
    """The segment and those that refer to it, each in a transaction of its own. Harmless when it runs again."""
    with tenant_transaction():
        segment = Segment.objects.filter(pk=segment_id).first()
        wanted = [segment, *order.referring_to(segment)] if segment else []
    if not jobs.begin(job_id, total=len(wanted)):
        jobs.finish(job_id, state=Job.State.CANCELLED)
        return
    try:
        for each in wanted:
            with tenant_transaction():
                is_done = recalculation.recalculate(each, follows=False) is not None
            jobs.advance(job_id, done=int(is_done), failed=int(not is_done))
    except jobs.Cancelled:
        jobs.finish(job_id, state=Job.State.CANCELLED)
        return
    jobs.finish(job_id)
