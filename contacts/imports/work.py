"""The long work of an import, in short transactions: reading and judging the file, then landing it.

Each step can be repeated. Reading starts over; landing goes on behind the last line that landed,
which is written in the same transaction as the people of that line.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import structlog
from django.db import IntegrityError
from django.db.models import DateTimeField, F, Max, Min, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from contacts import partitions
from contacts.import_columns import ImportColumn
from contacts.imports import landing, plan, problem_file, registered, services, source, staging
from contacts.imports.checking import Checker
from contacts.imports.fields import all_fields
from contacts.imports.values import Reader
from contacts.models import ImportRow, ImportRun
from ecrm.audit import services as audit
from ecrm.jobs import services as jobs
from ecrm.jobs.models import Job
from ecrm.jobs.outbox import enqueue
from ecrm.tenancy.context import tenant_transaction

State = ImportRun.State
Item = TypeVar("Item")
Columns = dict[str, ImportColumn]
# A task hands over to a fresh one long before its outbox lease ends.
SLICE_SECONDS = 60.0
MOST_ATTEMPTS = 3
RETRIES = 3
OLD_EVENTS_WORTH_MONTHS = 1_000
log = structlog.get_logger(__name__)


class Overtaken(Exception):
    """Another worker reads this file now: this one was thought dead."""


def check(run_id: int, job_id: int) -> None:
    """The dry run: stages every row, judges it, writes the problem file. Restartable."""
    run = _open(run_id, State.CHECKING)
    if run is None:
        return
    with _in_language(run):
        _guarded(run, job_id, back_to=State.MAPPING, work=lambda: _check(run, job_id))


def land(run_id: int, job_id: int) -> None:
    """Brings in the people of a checked file for up to ``SLICE_SECONDS``, then asks to be run again."""
    run = _open(run_id, State.IMPORTING)
    if run is None:
        return
    with _in_language(run):
        _guarded(run, job_id, back_to=State.CANCELLED, work=lambda: _land(run, job_id))


def _open(run_id: int, state: str) -> ImportRun | None:
    """The run, with a new number for this attempt: whoever holds an older one has been overtaken."""
    with tenant_transaction():
        runs = ImportRun.objects.filter(pk=run_id, state=state)
        runs.update(attempt=F("attempt") + 1)
        return runs.select_related("file", "problem_file", "tenant", "created_by").first()


def _in_language(run: ImportRun) -> Any:
    """Reasons are written once, in the language of whoever asked for the import."""
    return translation.override(getattr(run.created_by, "language", "") or run.tenant.language)


def _guarded(run: ImportRun, job_id: int, *, back_to: str, work: Callable[[], None]) -> None:
    try:
        work()
    except jobs.Cancelled:
        with tenant_transaction():
            services.move(run, back_to, finished_at=timezone.now())
        jobs.finish(job_id, state=Job.State.CANCELLED)
    except Overtaken:
        log.warning("import_overtaken", run=run.pk)
    except Exception:
        if run.attempt < MOST_ATTEMPTS:
            raise
        log.exception("import_failed", run=run.pk)
        _give_up(run, job_id)


def _give_up(run: ImportRun, job_id: int) -> None:
    reason = _("Something went wrong while working on this file. Try again; what has landed stays.")
    with tenant_transaction():
        services.move(run, State.FAILED, error=reason, finished_at=timezone.now(), attempt=0)
    jobs.finish(job_id, state=Job.State.FAILED, error=reason)


def _check(run: ImportRun, job_id: int) -> None:
    dialect = source.dialect_of(run)
    # Every line is read once and judged once.
    if not jobs.begin(job_id, total=2 * dialect.line_count):
        raise jobs.Cancelled
    with tenant_transaction():
        Job.objects.filter(pk=job_id).update(done=0)
        staging.clear(_still_ours(run, State.CHECKING))
        checker = _checker(run)
    rows, refused = (checker.check(row) for row in source.all_rows(run, dialect)), 0
    seen = 0
    for batch in _batches(rows, plan.CHUNK_ROWS):
        refused += sum(row.is_refused for row in batch)
        seen += len(batch)
        with tenant_transaction():
            staging.stage(_still_ours(run, State.CHECKING), batch)
        jobs.advance(job_id, done=len(batch))
    with tenant_transaction():
        plan.ensure_statistics(run)
        repeated = _settle_repetitions(_still_ours(run, State.CHECKING))
    found = _judge(run, job_id)
    _finish_check(run, job_id, _summed(found, {"refused": refused, "repeated": repeated}, {}), rows=seen)


def _checker(run: ImportRun) -> Checker:
    sheet, known = source.look_into(run, source.dialect_of(run)), all_fields()
    constants = run.options.get("constants", {})
    reader = Reader(
        country=run.tenant.country,
        zone=ZoneInfo(run.tenant.time_zone),
        day_first=run.options.get("day_first", True),
        now=timezone.now(),
    )
    return Checker(
        headers=sheet.headers,
        mapping={int(index): known[key] for index, key in run.mapping.items() if key in known},
        reader=reader,
        needs_email=not run.options.get("without_email", False),
        extra_tags=[run.options["tag"]] if run.options.get("tag") else [],
        constants={key: known[key].parse(cell, reader) for key, cell in constants.items() if key in known},
    )


def _still_ours(run: ImportRun, state: str) -> ImportRun:
    """Holds the run's row for this transaction. Raises ``Overtaken`` when the work is no longer ours."""
    current = (
        ImportRun.objects.select_for_update(of=("self",)).filter(pk=run.pk, state=state, attempt=run.attempt).first()
    )
    if current is None:
        raise Overtaken
    return current


def _settle_repetitions(run: ImportRun) -> int:
    reason = _("The same email address as in line %(line)s.") % {"line": "{line}"}
    repeated = staging.refuse_repeated(run, reason=reason)
    if "email2" in run.mapping.values():
        staging.drop_claimed_second_addresses(
            run, reason=_("Another row of the file has this second email address: it was left out here.")
        )
    return repeated


def _judge(run: ImportRun, job_id: int) -> dict[str, Any]:
    """Counts what would become of every staged row, from the same plan that the landing will write."""
    columns, headers, last_line = registered.mapped_columns(run), source.headers_by_field(run), 0
    counts: dict[str, Any] = {}
    while True:
        with tenant_transaction():
            current = _still_ours(run, State.CHECKING)
            planned = plan.make(current, after_line=last_line)
            if not planned.rows:
                return counts
            troubles, words = registered.foresee(current, columns, headers)
            staging.add_problems(current, [*troubles, *plan.claimed_second_addresses(_claimed())])
            counts = _summed(counts, plan.verdict_counts(), words)
        last_line = planned.last_line
        jobs.advance(job_id, done=planned.rows)


def _claimed() -> str:
    return _("The second email address belongs to somebody else: it was left out.")


def _finish_check(run: ImportRun, job_id: int, counts: dict[str, Any], *, rows: int) -> None:
    with tenant_transaction():
        current = _still_ours(run, State.CHECKING)
        file = problem_file.write(current)
        counts = {**counts, **problem_file.summary(current)}
        services.move(current, State.CHECKED, counts=counts, problem_file=file, attempt=0)
        # People count rows, not how often each was looked at.
        Job.objects.filter(pk=job_id).update(done=rows, total=rows)
    jobs.finish(job_id, file=file)


def _land(run: ImportRun, job_id: int) -> None:
    _begin_landing(run, job_id)
    columns, headers = registered.mapped_columns(run), source.headers_by_field(run)
    until = time.monotonic() + SLICE_SECONDS
    while rows := _land_chunk(run, columns, headers):
        jobs.advance(job_id, done=rows)
        with tenant_transaction():
            plan.ensure_statistics(run)
        if time.monotonic() > until:
            with tenant_transaction():
                ImportRun.objects.filter(pk=run.pk, attempt=run.attempt).update(attempt=0)
                enqueue("imports.land", run_id=run.pk, job_id=job_id)
            return
    _finish_landing(run, job_id)


def _begin_landing(run: ImportRun, job_id: int) -> None:
    """Sets the job's total to what it has done and what is left, whichever slice of it this is."""
    with tenant_transaction():
        done = Job.objects.values_list("done", flat=True).get(pk=job_id)
        staged = ImportRow.objects.filter(run=run, repeats_line=None)
        left = staged.count()
    if not jobs.begin(job_id, total=done + left):
        raise jobs.Cancelled
    if left >= OLD_EVENTS_WORTH_MONTHS and "created_at" in run.mapping.values():
        _make_months(staged)


def _make_months(staged: QuerySet[ImportRow]) -> None:
    """People who joined long ago bring events of long ago: their months are made beforehand."""
    with tenant_transaction():
        joined = Cast(KeyTextTransform("created_at", "values"), DateTimeField())
        span = staged.aggregate(first=Min(joined), last=Max(joined))
    if span["first"] is not None:
        with tenant_transaction():
            partitions.ensure(span["first"].date(), span["last"].date())


def _land_chunk(run: ImportRun, columns: Columns, headers: dict[str, str]) -> int:
    for attempt in range(RETRIES + 1):
        try:
            with tenant_transaction():
                return _land_next(_still_ours(run, State.IMPORTING), columns, headers)
        except IntegrityError:
            # Somebody added one of these addresses since the plan was made: plan the chunk again.
            if attempt == RETRIES:
                raise
    return 0


def _land_next(run: ImportRun, columns: Columns, headers: dict[str, str]) -> int:
    after_line, at = run.applied_counts.get("line", 0), timezone.now()
    limit = plan.CHUNK_ROWS if after_line else plan.FIRST_CHUNK_ROWS
    plan.lock_known(run, after_line=after_line, limit=limit)
    planned = plan.make(run, after_line=after_line, limit=limit)
    if not planned.rows:
        return 0
    landing.land(landing.Landing(run, at))
    troubles, words = registered.apply(run, columns, headers, at=at)
    staging.add_problems(run, [*troubles, *plan.claimed_second_addresses(_claimed())])
    counts = _summed(run.applied_counts, plan.verdict_counts(), words)
    run.applied_counts = {**counts, "line": planned.last_line}
    run.save(update_fields=["applied_counts"])
    return planned.rows


def _summed(former: dict[str, Any], verdicts: dict[str, int], words: dict[str, Counter[str]]) -> dict[str, Any]:
    """Counts of the rows so far and of these, leaving out verdicts nobody got."""
    summed = {verdict: former.get(verdict, 0) + number for verdict, number in verdicts.items() if number}
    told = {key: Counter(counted) for key, counted in former.get("words", {}).items()}
    for key, counted in words.items():
        told.setdefault(key, Counter()).update(counted)
    return {**former, **summed, "words": told}


def _finish_landing(run: ImportRun, job_id: int) -> None:
    with tenant_transaction():
        current = _still_ours(run, State.IMPORTING)
        # What repeated rows say has been heard.
        ImportRow.objects.filter(run=current).delete()
        file = problem_file.rewrite(current)
        counts = {**current.counts, **problem_file.summary(current)}
        services.move(current, State.DONE, finished_at=timezone.now(), problem_file=file, counts=counts, attempt=0)
        landed = sum(current.applied_counts.get(verdict, 0) for verdict in ("new", "update"))
        audit.record("import.finished", by=current.created_by, subject=current, count=landed)
    jobs.finish(job_id, file=file)


def _batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
