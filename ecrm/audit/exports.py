"""The audit as a file: written by a job, kept for a week."""

from __future__ import annotations

from datetime import timedelta
from tempfile import TemporaryFile
from typing import IO
from urllib.parse import urlsplit

from django.http import QueryDict
from django.utils import timezone

from ecrm.audit import services
from ecrm.audit.search import Search, as_csv
from ecrm.files import services as files
from ecrm.jobs import services as jobs
from ecrm.jobs.models import Job
from ecrm.tenancy.context import tenant_transaction
from ecrm.tenancy.roles import Capability

KEPT = timedelta(days=7)


def export_entries(*, job_id: int) -> None:
    """What the page at the job's address shows. Nothing is left behind when it is cancelled or runs again."""
    with tenant_transaction():
        page = Job.objects.values_list("url", flat=True).get(pk=job_id)
        wanted = Search.of(QueryDict(urlsplit(page).query))
        total = wanted.entries().count()
    if not jobs.begin(job_id, total=total):
        jobs.finish(job_id, state=Job.State.CANCELLED)
        return
    try:
        _write(job_id, wanted, total)
    except jobs.Cancelled:
        jobs.finish(job_id, state=Job.State.CANCELLED)


def _write(job_id: int, wanted: Search, total: int) -> None:
    with TemporaryFile() as spool:
        _spool(spool, job_id, wanted)
        spool.seek(0)
        with tenant_transaction():
            job = Job.objects.select_related("requested_by").get(pk=job_id)
            file = files.store(
                iter(lambda: spool.read(65_536), b""),
                name=f"audit-{timezone.now():%Y-%m-%d}.csv",
                content_type="text/csv",
                capability=Capability.AUDIT_VIEW,
                by=job.requested_by,
                expires_at=timezone.now() + KEPT,
            )
            services.record("audit.exported", by=job.requested_by, subject=file, count=total)
    jobs.finish(job_id, file=file)


def _spool(spool: IO[bytes], job_id: int, wanted: Search) -> None:
    """A transaction for each chunk, so that the count is seen while it grows."""
    chunks = as_csv(wanted)
    while True:
        with tenant_transaction():
            chunk, count = next(chunks, (b"", 0))
        if not chunk:
            return
        spool.write(chunk)
        jobs.advance(job_id, done=count)
