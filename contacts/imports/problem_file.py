"""The rows that did not come in, or only in part, as they were, with the reason beside them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import groupby, islice
from operator import attrgetter
from typing import Any

from django.db.models import Count, Max, Min, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.imports import source
from contacts.imports.checking import clean, defuse
from contacts.models import ImportProblem, ImportRun
from ecrm.files import services as files
from ecrm.files.models import File
from ecrm.tenancy.roles import Capability

FLUSHED_ROWS = 500
TOLD_REASONS = 20
READ_PROBLEMS = 5_000


def write(run: ImportRun) -> File | None:
    """Stores the file beside the run; None when nothing is wrong. The former one goes."""
    _remove_former(run)
    if run.file is None or not ImportProblem.objects.filter(run=run).exists():
        return None
    return files.store(
        _chunks(run),
        name=_("Problems in %(name)s") % {"name": run.file.name.rsplit(".", 1)[0]} + ".csv",
        content_type="text/csv; charset=utf-8",
        capability=Capability.CONTACTS_IMPORT,
        by=run.created_by,
        expires_at=timezone.now() + timedelta(days=30),
    )


def rewrite(run: ImportRun) -> File | None:
    """The same after landing; the dry run's file stays when the landing found nothing new."""
    if _newest(run) == run.counts.get("last_problem"):
        former: File | None = run.problem_file
        return former
    return write(run)


def summary(run: ImportRun) -> dict[str, Any]:
    """The commonest reasons, those that keep rows out first, each with how often and where first."""
    reasons = (
        ImportProblem.objects.filter(run=run)
        .values_list("column", "reason", "is_fatal")
        .annotate(rows=Count("pk"), first=Min("line"))
        .order_by("-is_fatal", "-rows", "first")[: TOLD_REASONS + 1]
    )
    return {"reasons": [list(reason) for reason in reasons], "last_problem": _newest(run)}


def headers_of(run: ImportRun) -> list[str]:
    """What the file that was brought calls its columns, read from the rows with problems; none where there are none."""
    if run.problem_file is None:
        return []
    with run.problem_file.open() as stream:
        lines = (line.decode("utf-8-sig") for line in stream)
        return next(csv.reader(lines, delimiter=run.dialect["delimiter"]), [])[: -len(_told())]


def _newest(run: ImportRun) -> int | None:
    newest: int | None = ImportProblem.objects.filter(run=run).aggregate(newest=Max("pk"))["newest"]
    return newest


def _remove_former(run: ImportRun) -> None:
    former = run.problem_file
    if former is not None:
        run.problem_file = None
        run.save(update_fields=["problem_file"])
        files.remove(former)


def _chunks(run: ImportRun) -> Iterator[bytes]:
    """Text in the file's own delimiter. The mark at its start tells spreadsheets that it is UTF-8."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=run.dialect["delimiter"])
    buffer.write("\ufeff")
    lines = _lines(run)
    while batch := list(islice(lines, FLUSHED_ROWS)):
        writer.writerows(batch)
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()


def _lines(run: ImportRun) -> Iterator[Sequence[str]]:
    dialect = source.dialect_of(run)
    headers = source.look_into(run, dialect).headers
    width = len(headers)
    yield [*map(defuse, headers), *_told()]
    troubled = groupby(_problems(run), key=attrgetter("line"))
    rows = source.all_rows(run, dialect)
    for line, group in troubled:
        row = next((row for row in rows if row.line >= line), None)
        if row is None:
            return
        problems = list(group)
        result = _("Not imported") if any(problem.is_fatal for problem in problems) else _("Imported in part")
        cells = [defuse(clean(cell)) for cell in row.cells[:width]]
        yield [*cells, *[""] * (width - len(cells)), str(line), result, " ".join(map(_sentence, problems))]


def _told() -> list[str]:
    """What is said beside the cells of a row."""
    return [_("Line"), _("Result"), _("Reason")]


def _sentence(problem: ImportProblem) -> str:
    return f"{problem.column}: {problem.reason}" if problem.column else problem.reason


def _problems(run: ImportRun) -> Iterator[ImportProblem]:
    """In the order of the file, a batch at a time."""
    queue: QuerySet[ImportProblem] = ImportProblem.objects.filter(run=run).order_by("line", "pk")
    line, pk = 0, 0
    while True:
        batch = list(queue.filter(line__gte=line).exclude(line=line, pk__lte=pk)[:READ_PROBLEMS])
        if not batch:
            return
        yield from batch
        line, pk = batch[-1].line, batch[-1].pk
