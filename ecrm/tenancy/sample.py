"""Sample data of a workspace: marked when it is loaded, counted, and removed with one click."""

from __future__ import annotations

from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from ecrm.audit import services as audit
from ecrm.jobs import services as jobs
from ecrm.jobs.models import Job
from ecrm.jobs.services import start_job
from ecrm.tenancy.context import tenant_transaction
from ecrm.tenancy.models import SampleMark, User

BATCH = 2_000
KIND = "sample_removal"

_counted: list[tuple[str | Promise, str]] = []


def mark() -> int:
    """Says that everything in the current tenant is sample data. For its loader, in the transaction that
    made the tenant; marks nothing later. Returns how many tables were marked."""
    return _call("SELECT mark_sample()", [])


def is_there() -> bool:
    return SampleMark.objects.exists()


def count_of(label: str | Promise, table: str) -> None:
    """Has the rows of a table counted on the page: an app above registers what people know by name."""
    _counted.append((label, table))


def counts() -> list[tuple[str, int]]:
    """What would be removed, by name: one query for each registered table."""
    marks = dict(SampleMark.objects.values_list("table_name", "last_id"))
    return [(str(label), _count(table, marks[table])) for label, table in _counted if table in marks]


def remove_sample(*, by: User, url: str = "") -> Job | None:
    """Starts the job. None when there is nothing to remove; the running job when one is under way."""
    running = Job.objects.filter(kind=KIND, state__in=[Job.State.WAITING, Job.State.RUNNING]).first()
    if running or not is_there():
        return running
    audit.record("sample.removed", by=by)
    return start_job(task="sample.remove", kind=KIND, title=_("Removal of the sample data"), by=by, url=url)


def work_off(*, job_id: int) -> None:
    """In steps that each commit. What people have made since stays, and what hangs on it."""
    if not jobs.begin(job_id):
        jobs.finish(job_id, state=Job.State.CANCELLED)
        return
    try:
        while removed := _remove_batch():
            jobs.advance(job_id, done=removed)
    except jobs.Cancelled:
        jobs.finish(job_id, state=Job.State.CANCELLED)
        return
    jobs.finish(job_id)


def _count(table: str, last_id: int) -> int:
    quoted = connection.ops.quote_name(table)
    return _call(f"SELECT count(*) FROM {quoted} WHERE tenant_id = current_tenant() AND id <= %s", [last_id])


def _remove_batch() -> int:
    with tenant_transaction():
        return _call("SELECT remove_sample_batch(%s)", [BATCH])


def _call(sql: str, parameters: list[int]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        row = cursor.fetchone()
    return int(row[0]) if row else 0
