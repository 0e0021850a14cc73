"""Landing a checked file: stretch by stretch, several at once where the database can take it.

A stretch is taken, written and marked as landed in one transaction. Whoever dies with it leaves it
as it was, for the next one to take; nobody can land it twice.
"""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import structlog
from django.db import IntegrityError, OperationalError, connection
from django.db.models import DateTimeField, Max, Min, QuerySet, Sum
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils import timezone

from contacts import partitions, planner
from contacts.imports import custom, landing, left_out, needed, plan, problem_file, registered, services, staging
from contacts.imports.side_by_side import in_lanes
from contacts.imports.wishes import Wishes
from contacts.imports.work import (
    MOST_ATTEMPTS,
    Overtaken,
    Scheme,
    claimed_words,
    guarded,
    in_language,
    open_run,
    still_ours,
    summed,
)
from contacts.models import ImportChunk, ImportRow, ImportRun
from ecrm.audit import services as audit
from ecrm.jobs import services as jobs
from ecrm.jobs.models import Job
from ecrm.jobs.outbox import enqueue
from ecrm.tenancy.context import tenant_transaction

State = ImportRun.State
# A task hands over to a fresh one long before its outbox lease ends.
SLICE_SECONDS = 60.0
RETRIES = 3
OLD_EVENTS_WORTH_MONTHS = 1_000
log = structlog.get_logger(__name__)


def land(run_id: int, job_id: int) -> None:
    """Brings in the people of a checked file for up to ``SLICE_SECONDS``, then asks to be run again."""
    run = open_run(run_id, State.IMPORTING)
    if run is None:
        return
    with in_language(run):
        guarded(run, job_id, back_to=State.CANCELLED, work=lambda: _land_or_stop(run, job_id))


def _land_or_stop(run: ImportRun, job_id: int) -> None:
    try:
        _land(run, job_id)
    except jobs.Cancelled:
        _write_awaited(run)
        raise
    except Overtaken:
        raise
    except Exception:
        if run.attempt >= MOST_ATTEMPTS:
            _write_what_can_be(run)
        raise


def _write_awaited(run: ImportRun) -> None:
    """Nobody may ever go on with it: who has landed gets what waited for others of the file."""
    with tenant_transaction():
        current = still_ours(run, State.IMPORTING)
        custom.write_awaited(current, Wishes.of(current))


def _write_what_can_be(run: ImportRun) -> None:
    """What made the import fail may stand in the way of this too; the import is told as failed all the same."""
    try:
        _write_awaited(run)
    except Exception:
        log.exception("import_awaited_unwritten", run=run.pk)


def _land(run: ImportRun, job_id: int) -> None:
    _begin(run, job_id)
    until = time.monotonic() + SLICE_SECONDS
    work = partial(_land_until, run, job_id, Scheme.of(run), until)
    # The first stretch is small and lands alone: the planner learns from it.
    if work(most=1):
        with tenant_transaction():
            planner.tell(run.pk)
        in_lanes(work)
    plan.settle_search()
    if _unlanded(run):
        _hand_over(run, job_id)
    else:
        _finish(run, job_id)


def _begin(run: ImportRun, job_id: int) -> None:
    """Sets the job's total to all rows and its count to those that have landed, whichever slice this is."""
    with tenant_transaction():
        chunks = ImportChunk.objects.filter(run=run)
        total = chunks.aggregate(rows=Sum("row_count"))["rows"] or 0
        done = chunks.exclude(landed_at=None).aggregate(rows=Sum("row_count"))["rows"] or 0
        repeated = ImportRow.objects.filter(run=run, repeats_line__isnull=False).count()
        staged = ImportRow.objects.filter(run=run, repeats_line=None)
    if not jobs.begin(job_id, total=max(total - repeated, 0)):
        raise jobs.Cancelled
    with tenant_transaction():
        Job.objects.filter(pk=job_id).update(done=done)
    if total >= OLD_EVENTS_WORTH_MONTHS and "created_at" in run.mapping.values():
        _make_months(staged)


def _make_months(staged: QuerySet[ImportRow]) -> None:
    """People who joined long ago bring events of long ago: their months are made beforehand."""
    with tenant_transaction():
        joined = Cast(KeyTextTransform("created_at", "values"), DateTimeField())
        span = staged.aggregate(first=Min(joined), last=Max(joined))
    if span["first"] is not None:
        with tenant_transaction():
            partitions.ensure(span["first"].date(), span["last"].date())


def _land_until(run: ImportRun, job_id: int, scheme: Scheme, until: float, *, most: int = 1_000_000) -> bool:
    """Lands stretches until there are none, time is up or ``most`` have; answers whether it stopped early."""
    landed = 0
    with in_language(run):
        while landed < most and time.monotonic() < until:
            rows = _land_one(run, scheme)
            if rows is None:
                return False
            landed += 1
            _sum_up(run)
            jobs.advance(job_id, done=rows)
    return True


def _land_one(run: ImportRun, scheme: Scheme) -> int | None:
    """How many rows came in; None when no stretch is left to take."""
    for attempt in range(RETRIES + 1):
        try:
            with tenant_transaction():
                return _land_next(run, scheme)
        except (IntegrityError, OperationalError):
            # Somebody added one of these addresses since the plan was made, or two waited for each
            # other: plan the stretch again.
            if attempt == RETRIES or connection.in_atomic_block:
                raise
    return None


def _land_next(run: ImportRun, scheme: Scheme) -> int | None:
    current = ImportRun.objects.filter(pk=run.pk, state=State.IMPORTING, attempt=run.attempt).first()
    if current is None:
        raise Overtaken
    chunk = (
        ImportChunk.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(run=run, landed_at=None)
        .order_by("first_line")
        .first()
    )
    if chunk is None:
        return None
    return _land_chunk(run, chunk, scheme)


def _land_chunk(run: ImportRun, chunk: ImportChunk, scheme: Scheme) -> int:
    at = timezone.now()
    plan.defer_search()
    plan.lock_known(chunk, scheme.wishes)
    rows = plan.make(chunk, scheme.wishes, gives_ids=True)
    made = landing.Landing(run, scheme.wishes, at)
    compared = custom.compare(run, scheme.wishes, scheme.headers, made=made.made)
    troubles = [*compared, *needed.lacking(scheme.wishes)]
    outside = left_out.found(scheme.wishes)
    landing.land(made)
    refusals, words = registered.apply(run, scheme.columns, scheme.headers, at=at)
    staging.add_problems(run, [*troubles, *refusals, *plan.claimed(claimed_words())])
    chunk.counts = summed({}, plan.verdict_counts(), {**words, **outside})
    chunk.made = {part: ids for part, ids in made.made.items() if ids}
    chunk.landed_at = at
    chunk.save(update_fields=["counts", "made", "landed_at"])
    return rows


def _sum_up(run: ImportRun) -> None:
    """What has landed so far, for the pages. Two lanes may cross here: the last sum is made at the end."""
    with tenant_transaction():
        counts = landed_counts(run)
        ImportRun.objects.filter(pk=run.pk, attempt=run.attempt).update(applied_counts=counts)


def landed_counts(run: ImportRun) -> dict[str, Any]:
    counts: dict[str, Any] = {}
    line = 0
    landed = ImportChunk.objects.filter(run=run).exclude(landed_at=None)
    for last_line, found in landed.values_list("last_line", "counts"):
        words = found.pop("words", {})
        counts = summed(counts, found, words)
        line = max(line, last_line)
    return {**counts, "line": line} if line else {}


def _unlanded(run: ImportRun) -> bool:
    with tenant_transaction():
        return bool(ImportChunk.objects.filter(run=run, landed_at=None).exists())


def _hand_over(run: ImportRun, job_id: int) -> None:
    with tenant_transaction():
        ImportRun.objects.filter(pk=run.pk, attempt=run.attempt).update(attempt=0)
        enqueue("imports.land", run_id=run.pk, job_id=job_id)


def _finish(run: ImportRun, job_id: int) -> None:
    with tenant_transaction():
        current = still_ours(run, State.IMPORTING)
        custom.write_awaited(current, Wishes.of(current))
        # From here on the contacts hold what was read, and what repeated rows say has been heard.
        ImportRow.objects.filter(run=current).delete()
        applied = landed_counts(current)
        file = problem_file.rewrite(current)
        counts = {**current.counts, **problem_file.summary(current)}
        services.move(
            current,
            State.DONE,
            finished_at=timezone.now(),
            problem_file=file,
            counts=counts,
            applied_counts=applied,
            attempt=0,
        )
        landed = sum(applied.get(verdict, 0) for verdict in ("new", "update"))
        audit.record("import.finished", by=current.created_by, subject=current, count=landed)
        Job.objects.filter(pk=job_id).update(done=sum(applied.get(word, 0) for word in ("new", "update", "same")))
        jobs.finish(job_id, file=file)
