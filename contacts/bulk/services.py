"""Begins acts on many people, works them off, and takes them back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import F, Sum
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts import bulk_actions
from contacts.bulk_actions import BulkAction, Doing
from contacts.lists import finding
from contacts.lists.query import ListQuery
from contacts.models import BulkChunk, BulkRun
from contacts.querysets import ContactQuerySet
from contacts.segments import kept
from ecrm.audit import services as audit
from ecrm.jobs import services as jobs
from ecrm.jobs.models import Job
from ecrm.tenancy.context import require_tenant_id, tenant_transaction
from ecrm.tenancy.models import Membership, User

CHUNK = 2_000
# So many are done while the page waits.
AT_ONCE = 200
ACT, UNDO = "contacts.act_on_many", "contacts.undo_act"


@transaction.atomic
def act_now(
    *, action: BulkAction, title: str, arguments: Mapping[str, Any], contact_ids: Sequence[int], by: User
) -> BulkRun:
    """Acts on a few people at once. Raises what the act raises, with nothing done."""
    run = _new_run(action, title, arguments, "", by)
    ids = sorted(set(contact_ids))
    chunk = BulkChunk.objects.create(run=run, number=0, contact_ids=ids)
    BulkRun.objects.filter(pk=run.pk).update(total=len(ids), frozen_at=timezone.now())
    _act_on(run, chunk, by)
    BulkRun.objects.filter(pk=run.pk).update(finished_at=timezone.now())
    _audit(run, "contacts.acted", by)
    return run.refreshed()


@transaction.atomic
def act_later(*, action: BulkAction, title: str, arguments: Mapping[str, Any], query: ListQuery, by: User) -> BulkRun:
    """The same for all whom a list shows, as a job. They are looked up when its work begins."""
    run = _new_run(action, title, arguments, query.text(), by)
    job = jobs.start_job(
        task=ACT, kind="contacts.bulk", title=title, by=by, url=reverse("bulk_run", args=[run.pk]), run_id=run.pk
    )
    BulkRun.objects.filter(pk=run.pk).update(job=job)
    return run.refreshed()


@transaction.atomic
def undo_act(*, run: BulkRun, by: User) -> BulkRun:
    """Takes an act back, once: a few people now, more as a job. Raises ``ValidationError`` when it cannot be."""
    action = bulk_actions.get(run.action)
    if action is None or action.undo is None:
        raise ValidationError(_("This cannot be taken back."))
    BulkRun.objects.select_for_update().get(pk=run.pk)
    if not can_undo(run):
        raise ValidationError(_("This is under way still, or has been taken back already."))
    BulkRun.objects.filter(pk=run.pk, undone_at=None).update(undone_at=timezone.now())
    _audit(run, "contacts.act_undone", by)
    if run.total > AT_ONCE:
        title = _("Taking back: %(title)s") % {"title": run.title}
        url = reverse("bulk_run", args=[run.pk])
        job = jobs.start_job(task=UNDO, kind="contacts.bulk", title=title, by=by, url=url, run_id=run.pk)
        BulkRun.objects.filter(pk=run.pk).update(job=job)
    else:
        for chunk in BulkChunk.objects.filter(run=run, undone_at=None, done_at__isnull=False):
            _undo_of(run, action, chunk, by)
        _tell_kept(run)
    return run.refreshed()


def can_undo(run: BulkRun) -> bool:
    """Whether something of it is there to be taken back and nothing works on it. A stopped undo goes on."""
    current = BulkRun.objects.select_related("job").get(pk=run.pk)
    if current.finished_at is None or (current.job is not None and current.job.is_open):
        return False
    return BulkChunk.objects.filter(run=run, done_at__isnull=False, undone_at=None).exclude(changed_ids=[]).exists()


def work(run_id: int, job_id: int) -> None:
    """The act, chunk by chunk, each in a transaction of its own. Goes on where a crashed worker stopped."""
    try:
        with tenant_transaction():
            run = BulkRun.objects.select_related("started_by").get(pk=run_id)
            total = _freeze(run)
    except ValidationError as error:
        jobs.finish(job_id, state=Job.State.FAILED, error=" ".join(error.messages))
        return
    _worked(run, job_id, total, _act_on, done_at=None)
    with tenant_transaction():
        BulkRun.objects.filter(pk=run_id, finished_at=None).update(finished_at=timezone.now())
        _audit(run.refreshed(), "contacts.acted", run.started_by)


def work_undo(run_id: int, job_id: int) -> None:
    with tenant_transaction():
        run = BulkRun.objects.select_related("started_by").get(pk=run_id)
        by = Job.objects.select_related("requested_by").get(pk=job_id).requested_by
        action = bulk_actions.get(run.action)
    assert action is not None
    undone = action

    def undo(run: BulkRun, chunk: BulkChunk, _by: User | None) -> int:
        return _undo_of(run, undone, chunk, by)

    _worked(run, job_id, run.changed - run.restored, undo, undone_at=None, done_at__isnull=False)
    with tenant_transaction():
        _tell_kept(run)


def _worked(run: BulkRun, job_id: int, total: int, step: Any, **waiting: Any) -> None:
    """One chunk after the other; ends the job. A cancelled one keeps what is done."""
    if not jobs.begin(job_id, total=total):
        jobs.finish(job_id, state=Job.State.CANCELLED)
        return
    try:
        while (done := _one(run, step, waiting)) is not None:
            jobs.advance(job_id, done=done)
    except jobs.Cancelled:
        jobs.finish(job_id, state=Job.State.CANCELLED)
    except ValidationError as error:
        jobs.finish(job_id, state=Job.State.FAILED, error=" ".join(error.messages))
    else:
        jobs.finish(job_id)


def _one(
    run: BulkRun, step: Callable[[BulkRun, BulkChunk, User | None], int], waiting: Mapping[str, Any]
) -> int | None:
    """Answers how many people it was about, None when no chunk waits."""
    with tenant_transaction():
        chunk = BulkChunk.objects.select_for_update().filter(run=run, **waiting).order_by("number").first()
        return None if chunk is None else step(run, chunk, run.started_by)


def _freeze(run: BulkRun) -> int:
    """Writes down whom the run is about, once; answers how many."""
    if run.frozen_at is not None:
        return run.total
    sql, parameters = kept.select_ids(_whom(run))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {BulkChunk.table()} (tenant_id, run_id, number, contact_ids, changed_ids)"
            f" SELECT %s, %s, number, array_agg(id ORDER BY id), '{{}}'"
            f"   FROM (SELECT id, (row_number() OVER (ORDER BY id) - 1) / {CHUNK} AS number"
            f"           FROM ({sql}) AS meant (id)) AS numbered GROUP BY number",
            [require_tenant_id(), run.pk, *parameters],
        )
        cursor.execute(
            f"SELECT coalesce(sum(cardinality(contact_ids)), 0) FROM {BulkChunk.table()}"
            " WHERE tenant_id = %s AND run_id = %s",
            [require_tenant_id(), run.pk],
        )
        row = cursor.fetchone()
    total = int(row[0]) if row else 0
    BulkRun.objects.filter(pk=run.pk).update(total=total, frozen_at=timezone.now())
    return total


def _whom(run: BulkRun) -> ContactQuerySet:
    """As the one who started it sees them; nobody, when they have left meanwhile."""
    membership = Membership.objects.select_related("tenant", "user").filter(
        tenant=require_tenant_id(), user=run.started_by
    )
    found = membership.first()
    if found is None:
        raise ValidationError(_("Whoever started this is no longer a member."))
    return finding.everybody(ListQuery.read(QueryDict(run.query), found))


def _act_on(run: BulkRun, chunk: BulkChunk, by: User | None) -> int:
    """Answers how many people were looked at."""
    action = bulk_actions.get(run.action)
    if action is None or action.act is None:
        raise ValidationError(_("This cannot be done any more."))
    at = timezone.now()
    changed = list(action.act(Doing(run, by, at), chunk.contact_ids))
    BulkChunk.objects.filter(pk=chunk.pk).update(changed_ids=changed, done_at=at)
    BulkRun.objects.filter(pk=run.pk).update(changed=F("changed") + len(changed))
    return len(chunk.contact_ids)


def _undo_of(run: BulkRun, action: BulkAction, chunk: BulkChunk, by: User | None) -> int:
    """Answers how many people there were to put back."""
    assert action.undo is not None
    assert chunk.done_at is not None
    restored = list(action.undo(Doing(run, by, chunk.done_at), chunk.changed_ids)) if chunk.changed_ids else []
    BulkChunk.objects.filter(pk=chunk.pk).update(undone_at=timezone.now())
    BulkRun.objects.filter(pk=run.pk).update(restored=F("restored") + len(restored))
    return len(chunk.changed_ids)


def _tell_kept(run: BulkRun) -> None:
    """Once no chunk waits: everybody else has been changed since."""
    counted = BulkRun.objects.filter(pk=run.pk).aggregate(restored=Sum("restored"), changed=Sum("changed"))
    if not BulkChunk.objects.filter(run=run, done_at__isnull=False, undone_at=None).exists():
        BulkRun.objects.filter(pk=run.pk).update(kept=counted["changed"] - counted["restored"])


def _new_run(action: BulkAction, title: str, arguments: Mapping[str, Any], query: str, by: User) -> BulkRun:
    return BulkRun.objects.create(
        action=action.key, title=title[:200], arguments=dict(arguments), query=query, started_by=by
    )


def _audit(run: BulkRun, name: str, by: User | None) -> None:
    audit.record(name, by=by, subject=run, count=run.changed)
