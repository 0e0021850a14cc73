"""The work of an export: batch by batch in the order of ids, each in a transaction of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from tempfile import TemporaryFile
from typing import IO
from urllib.parse import urlsplit

from django.http import QueryDict
from django.utils import timezone, translation
from django.utils.text import slugify

from contacts.exports import people, selections
from contacts.exports.columns import Layout
from contacts.exports.services import FORMAT
from contacts.exports.writers import TYPES, WRITERS
from contacts.querysets import ContactQuerySet
from ecrm.audit import services as audit
from ecrm.files import services as files
from ecrm.jobs import services as jobs
from ecrm.jobs.models import Job
from ecrm.tenancy.context import require_tenant_id, tenant_transaction
from ecrm.tenancy.models import Membership
from ecrm.tenancy.roles import Capability

BATCH = 1000
KEPT = timedelta(days=7)


def export(*, job_id: int) -> None:
    """Harmless when it runs again; nothing stays when it is cancelled, or when its member may no longer export."""
    asked = _Asked.of(job_id)
    if asked is None or not jobs.begin(job_id, total=asked.count()):
        jobs.finish(job_id, state=Job.State.CANCELLED)
        return
    try:
        with TemporaryFile() as spool, translation.override(asked.language):
            _write(spool, asked, job_id)
            _keep(spool, asked, job_id)
    except jobs.Cancelled:
        jobs.finish(job_id, state=Job.State.CANCELLED)


class _Asked:
    """What a job was asked for: by whom, of whom, as what."""

    def __init__(self, membership: Membership, query: QueryDict) -> None:
        self.membership = membership
        self.query = query
        self.form = query.get(FORMAT, "")
        self.language = membership.user.language or membership.tenant.languages[0]

    @classmethod
    def of(cls, job_id: int) -> _Asked | None:
        with tenant_transaction():
            url, user_id = Job.objects.values_list("url", "requested_by").get(pk=job_id)
            members = Membership.objects.filter(tenant=require_tenant_id(), user=user_id)
            membership = members.select_related("user", "tenant").first()
        if membership is None or not membership.may(Capability.CONTACTS_EXPORT):
            return None
        return cls(membership, QueryDict(urlsplit(url).query))

    @property
    def people(self) -> ContactQuerySet:
        return selections.people(self.query, self.membership)

    def count(self) -> int:
        with tenant_transaction():
            return self.people.count()


def _write(spool: IO[bytes], asked: _Asked, job_id: int) -> None:
    with tenant_transaction():
        layout = Layout(asked.membership)
        writer = WRITERS[asked.form](spool, layout.headers)
    for records in _batches(asked, layout):
        for record in records:
            writer.add(record, layout.cells(record))
        jobs.advance(job_id, done=len(records))
    writer.close()


def _batches(asked: _Asked, layout: Layout) -> Iterator[list[people.Record]]:
    last = 0
    while True:
        with tenant_transaction():
            ids = list(asked.people.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH])
            records = people.read(ids) if ids else []
            layout.complete(records)
        if not ids:
            return
        yield records
        last = ids[-1]


def _keep(spool: IO[bytes], asked: _Asked, job_id: int) -> None:
    spool.seek(0)
    with tenant_transaction():
        name = slugify(selections.name(asked.query)) or "export"
        file = files.store(
            iter(lambda: spool.read(1 << 20), b""),
            name=f"{name}-{timezone.now():%Y-%m-%d}.{asked.form}",
            content_type=TYPES[asked.form],
            capability=Capability.CONTACTS_EXPORT,
            by=asked.membership.user,
            expires_at=timezone.now() + KEPT,
        )
        done = Job.objects.values_list("done", flat=True).get(pk=job_id)
        audit.record("contact.exported", by=asked.membership.user, subject=file, count=done)
    jobs.finish(job_id, file=file)
