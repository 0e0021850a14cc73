"""The long work on a file, in short transactions. What all of it shares, and the dry run.

Each step can be repeated: reading starts over; landing (``contacts.imports.lanes``) goes on with the
stretches that have not landed.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from django.db import connection
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from contacts import planner
from contacts.import_columns import ImportColumn
from contacts.imports import (
    custom,
    left_out,
    needed,
    new_fields,
    our_own,
    plan,
    problem_file,
    registered,
    resembling,
    services,
    source,
    staging,
)
from contacts.imports.checking import Batch, Checker, Demands
from contacts.imports.fields import all_fields
from contacts.imports.side_by_side import in_lanes, one_behind
from contacts.imports.values import Reader
from contacts.imports.wishes import Wishes
from contacts.models import ImportChunk, ImportRun
from ecrm.jobs import services as jobs
from ecrm.jobs.models import Job
from ecrm.tenancy.context import require_tenant_id, tenant_transaction

State = ImportRun.State
MOST_ATTEMPTS = 3
TOLD_COLUMNS = 20
LONGEST_REASON = ImportRun._meta.get_field("error").max_length
log = structlog.get_logger(__name__)


class Overtaken(Exception):
    """Another worker works on this file now: this one was thought dead."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """What stays the same for every stretch of a run. ``headers`` name the column that feeds a field."""

    wishes: Wishes
    columns: dict[str, ImportColumn]
    headers: dict[str, str]

    @classmethod
    def of(cls, run: ImportRun) -> Scheme:
        return cls(Wishes.of(run), registered.mapped_columns(run), source.headers_by_field(run))


def check(run_id: int, job_id: int) -> None:
    """The dry run: stages every row, judges it, writes the problem file. Restartable."""
    run = open_run(run_id, State.CHECKING)
    if run is None:
        return
    with in_language(run):
        guarded(run, job_id, back_to=State.MAPPING, work=lambda: _check(run, job_id))


def open_run(run_id: int, state: str) -> ImportRun | None:
    """The run, with a new number for this attempt: whoever holds an older one has been overtaken."""
    with tenant_transaction():
        runs = ImportRun.objects.filter(pk=run_id, state=state)
        runs.update(attempt=F("attempt") + 1)
        return runs.select_related("file", "problem_file", "tenant", "created_by").first()


def in_language(run: ImportRun) -> Any:
    """Reasons are written once, in the language of whoever asked for the import."""
    return translation.override(getattr(run.created_by, "language", "") or run.tenant.language)


def guarded(run: ImportRun, job_id: int, *, back_to: str, work: Callable[[], None]) -> None:
    try:
        work()
    except jobs.Cancelled:
        with tenant_transaction():
            services.move(run, back_to, finished_at=timezone.now())
            jobs.finish(job_id, state=Job.State.CANCELLED)
    except new_fields.TooMuch as refusal:
        _refuse(run, job_id, str(refusal))
    except Overtaken:
        log.warning("import_overtaken", run=run.pk)
    except Exception:
        if run.attempt < MOST_ATTEMPTS:
            raise
        log.exception("import_failed", run=run.pk)
        _give_up(run, job_id)


def _give_up(run: ImportRun, job_id: int) -> None:
    _refuse(run, job_id, _("Something went wrong while working on this file. Try again; what has landed stays."))


def _refuse(run: ImportRun, job_id: int, reason: str) -> None:
    with tenant_transaction():
        # What was being undone is still an import that came in.
        state = State.DONE if run.state == State.UNDOING else State.FAILED
        services.move(run, state, error=reason[:LONGEST_REASON], finished_at=timezone.now(), attempt=0)
        jobs.finish(job_id, state=Job.State.FAILED, error=reason)


def _check(run: ImportRun, job_id: int) -> None:
    dialect = source.dialect_of(run)
    # Every line is read once and judged once.
    if not jobs.begin(job_id, total=2 * dialect.line_count):
        raise jobs.Cancelled
    with tenant_transaction():
        Job.objects.filter(pk=job_id).update(done=0)
    if new_fields.has_waiting(run):
        _make_fields(run, job_id)
    with tenant_transaction():
        staging.clear(still_ours(run, State.CHECKING))
        checker = _checker(run)
    refused, seen = _stage_all(run, job_id, checker)
    with tenant_transaction():
        planner.tell(run.pk)
        repeated = _settle_repetitions(still_ours(run, State.CHECKING))
    found = _judge(run, job_id)
    if checker.missing:
        found["entries_out"] = new_fields.bounded(checker.missing)
    _finish_check(run, job_id, summed(found, {"refused": refused, "repeated": repeated}, {}), rows=seen)


def _make_fields(run: ImportRun, job_id: int) -> None:
    """Columns become fields, lists of what is in them."""
    entries = new_fields.gather(run, job_id)
    with tenant_transaction():
        current = still_ours(run, State.CHECKING)
        job = Job.objects.select_related("requested_by").get(pk=job_id)
        new_fields.make_waiting(current, entries, job.requested_by)
        run.mapping = current.mapping


def _stage_all(run: ImportRun, job_id: int, checker: Checker) -> tuple[int, int]:
    """Answers how many rows were refused, and how many there are."""
    refused = seen = 0
    dialect = source.dialect_of(run)
    rows = source.all_rows(run, dialect)
    # The first stretch is small: when it lands, the planner learns what the tenant's tables look like.
    size = plan.FIRST_CHUNK_ROWS
    with one_behind() as later:
        while (batch := checker.check(islice(rows, size))).seen:
            refused += batch.refused
            seen += batch.seen
            later(partial(_stage, run, job_id, batch))
            size = plan.chunk_rows(dialect.line_count)
    return refused, seen


def _stage(run: ImportRun, job_id: int, batch: Batch) -> None:
    with tenant_transaction():
        staging.stage(still_ours(run, State.CHECKING), batch)
    jobs.advance(job_id, done=batch.seen)


def _checker(run: ImportRun) -> Checker:
    sheet, known = source.look_into(run, source.dialect_of(run)), all_fields()
    constants = run.options.get("constants", {})
    reader = Reader(
        country=run.tenant.country,
        zone=ZoneInfo(run.tenant.time_zone),
        day_first=run.options.get("day_first", True),
        decimal=run.options.get("decimal", "."),
        currency=run.tenant.currency,
        now=timezone.now(),
    )
    return Checker(
        headers=sheet.headers,
        mapping={int(index): known[key] for index, key in run.mapping.items() if key in known},
        reader=reader,
        demands=Demands(
            not run.options.get("without_email", False),
            run.options.get("match", "email"),
            our_own.letters(our_own.mark(run.tenant)),
        ),
        extra_tags=[run.options["tag"]] if run.options.get("tag") else [],
        constants={key: known[key].parse(cell, reader) for key, cell in constants.items() if key in known},
    )


def still_ours(run: ImportRun, state: str, *, is_shared: bool = False) -> ImportRun:
    """Holds the run's row for this transaction, ``is_shared`` beside other lanes of ours.

    Raises ``Overtaken`` when the work is no longer ours.
    """
    runs = ImportRun.objects.all()
    if is_shared:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT FROM {ImportRun.table()} WHERE tenant_id = %s AND id = %s FOR SHARE",
                [require_tenant_id(), run.pk],
            )
    else:
        runs = runs.select_for_update(of=("self",))
    current = runs.filter(pk=run.pk, state=state, attempt=run.attempt).first()
    if current is None:
        raise Overtaken
    return current


def _settle_repetitions(run: ImportRun) -> int:
    repeated = staging.refuse_repeated(
        run,
        reason=_("The same email address as in line %(line)s.") % {"line": "{line}"},
        is_same_person=_("The same person as in line %(line)s.") % {"line": "{line}"},
        by_key=Wishes.of(run).match != "email",
    )
    if "more_emails" in run.mapping.values():
        staging.drop_claimed_further_addresses(
            run, reason=_("Another row of the file has one of these email addresses: it was left out here.")
        )
    if {"email2", "more_emails"} & {*run.mapping.values()}:
        staging.drop_claimed_second_addresses(
            run, reason=_("Another row of the file has this second email address: it was left out here.")
        )
    return repeated


def _judge(run: ImportRun, job_id: int) -> dict[str, Any]:
    """Counts what would become of every staged row, from the same plan that the landing will write."""
    scheme = Scheme.of(run)
    with tenant_transaction():
        chunks = deque(ImportChunk.objects.filter(run=run, landed_at=None).order_by("first_line"))
    counts = _judged(run, job_id, scheme, chunks, looks_around=True)
    found: list[dict[str, Any]] = []
    in_lanes(lambda: found.append(_judged(run, job_id, scheme, chunks)))
    for each in found:
        counts = summed(counts, each, each.pop("words", {}))
    return counts


def _judged(
    run: ImportRun, job_id: int, scheme: Scheme, chunks: deque[ImportChunk], *, looks_around: bool = False
) -> dict[str, Any]:
    """Takes stretches and answers what becomes of their rows: until there are none, or, when it
    ``looks_around`` for people who look like the new ones, until enough have been looked for."""
    counts: dict[str, Any] = {}
    with in_language(run):
        while chunks and (not looks_around or _looks_on(counts)):
            try:
                chunk = chunks.popleft()
            except IndexError:  # another lane was quicker
                break
            with tenant_transaction():
                current = still_ours(run, State.CHECKING, is_shared=True)
                counts = summed(counts, *_verdicts(current, scheme, chunk))
                if looks_around:
                    counts = resembling.note(current, counts)
            jobs.advance(job_id, done=chunk.row_count)
    return counts


def _looks_on(counts: dict[str, Any]) -> bool:
    with tenant_transaction():
        return resembling.looks_on(counts)


def _verdicts(run: ImportRun, scheme: Scheme, chunk: ImportChunk) -> tuple[dict[str, int], dict[str, Counter[str]]]:
    plan.make(chunk, scheme.wishes)
    troubles = [*custom.compare(run, scheme.wishes, scheme.headers), *needed.lacking(scheme.wishes)]
    refusals, words = registered.foresee(run, scheme.columns, scheme.headers)
    staging.add_problems(run, [*troubles, *refusals, *plan.claimed(claimed_words())])
    return plan.verdict_counts(), {**words, **left_out.found(scheme.wishes)}


def claimed_words() -> dict[str, str]:
    return {
        "email": _("This email address belongs to somebody else: it was left out."),
        "email2": _("The second email address belongs to somebody else: it was left out."),
        "more_emails": _("One of the further email addresses belongs to somebody else: it was left out."),
        "identity": _("The number in the other system belongs to somebody else: it was left out."),
    }


def _finish_check(run: ImportRun, job_id: int, counts: dict[str, Any], *, rows: int) -> None:
    with tenant_transaction():
        current = still_ours(run, State.CHECKING)
        file = problem_file.write(current)
        counts = {**counts, **problem_file.summary(current), "columns_out": _unread_columns(current)}
        services.move(current, State.CHECKED, counts=counts, problem_file=file, attempt=0)
        # People count rows, not how often each was looked at.
        Job.objects.filter(pk=job_id).update(done=rows, total=rows)
        jobs.finish(job_id, file=file)


def _unread_columns(run: ImportRun) -> list[str]:
    """The first of the columns that nothing is taken from; one more than is shown says that there are others."""
    headers = source.look_into(run, source.dialect_of(run)).headers
    return [header for index, header in enumerate(headers) if str(index) not in run.mapping][: TOLD_COLUMNS + 1]


def summed(former: dict[str, Any], verdicts: dict[str, int], words: dict[str, Counter[str]]) -> dict[str, Any]:
    """Counts of the rows so far and of these, leaving out verdicts nobody got."""
    counted = {verdict: former.get(verdict, 0) + number for verdict, number in verdicts.items() if number}
    told = {key: Counter(known) for key, known in former.get("words", {}).items()}
    for key, found in words.items():
        told.setdefault(key, Counter()).update(found)
    told |= {key: left_out.bounded(names) for key, names in told.items() if key.startswith(left_out.PREFIX)}
    return {**former, **counted, "words": told}
