"""Verbs on imports: begin, map, check, start, cancel, discard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.imports import fields, source, staging, values
from contacts.imports.dialect import detect
from contacts.models import ImportRun
from ecrm.audit import services as audit
from ecrm.files import services as files
from ecrm.jobs.services import cancel_job, start_job
from ecrm.tenancy.models import User
from ecrm.tenancy.roles import Capability
from ecrm.tenancy.urls import tenant_url

State = ImportRun.State
KEPT_DAYS = 30

TRANSITIONS: Mapping[str, frozenset[str]] = {
    State.MAPPING: frozenset({State.CHECKING}),
    State.CHECKING: frozenset({State.CHECKED, State.MAPPING, State.FAILED}),
    State.CHECKED: frozenset({State.CHECKING, State.IMPORTING}),
    State.IMPORTING: frozenset({State.DONE, State.FAILED, State.CANCELLED}),
    State.FAILED: frozenset({State.CHECKING, State.IMPORTING}),
    State.CANCELLED: frozenset({State.IMPORTING}),
    State.DONE: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Options:
    """What to do with what is known. ``known``: fill, overwrite or skip.

    ``constants`` are cells every row is taken to have in registered columns the file has not got.
    """

    known: str = "fill"
    without_email: bool = False
    day_first: bool = True
    tag: str = ""
    constants: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@transaction.atomic
def begin_import(*, upload: UploadedFile[bytes], by: User) -> ImportRun:
    """Takes a file in, if it is a table of text, and guesses what its columns are.

    Raises ``ValidationError`` otherwise; nothing is kept then. The same file again, while its
    columns are still being mapped, answers the run that is there.
    """
    _refuse_size(upload)
    dialect = detect(upload.chunks())
    upload.seek(0)
    file = files.store(
        upload.chunks(),
        name=upload.name or "",
        content_type="text/csv",
        capability=Capability.CONTACTS_IMPORT,
        by=by,
        expires_at=timezone.now() + timedelta(days=KEPT_DAYS),
    )
    twin = ImportRun.objects.filter(
        state=State.MAPPING, created_by=by, file__sha256=file.sha256, name=file.name
    ).first()
    if twin is not None:
        files.remove(file)
        return twin
    run = ImportRun.objects.create(file=file, name=file.name, dialect=dialect.as_json(), created_by=by)
    guess_mapping(run)
    audit.record("import.begun", by=by, subject=run)
    return run


def guess_mapping(run: ImportRun) -> None:
    """Maps the columns by their names, and dates by how the file writes them."""
    sheet = source.look_into(run, source.dialect_of(run))
    mapping = fields.guess_by_values(sheet.rows, fields.guess(sheet.headers, fields.all_fields()))
    dates = [
        cell for index, key in mapping.items() if key in ("birthday", "created_at") for cell in sheet.column(index)
    ]
    day_first = values.day_comes_first(dates, default=run.tenant.country != "US")
    run.mapping = {str(index): key for index, key in mapping.items()}
    run.options = Options(day_first=day_first).as_json()
    run.save(update_fields=["mapping", "options"])


@transaction.atomic
def reread(*, run: ImportRun, encoding: str, delimiter: str, has_header: bool, by: User) -> bool:
    """Reads the file as the person says it is; False when it is being worked on or gone."""
    if run.file is None:
        return False
    dialect = replace(source.dialect_of(run), encoding=encoding, delimiter=delimiter, has_header=has_header)
    if not _move(run, {State.MAPPING, State.CHECKED, State.FAILED}, State.MAPPING, dialect=dialect.as_json()):
        return False
    guess_mapping(run)
    return True


@transaction.atomic
def check(*, run: ImportRun, mapping: Mapping[int, str], options: Options, by: User) -> bool:
    """Starts the dry run with these columns. A second click changes nothing and answers False,
    as does a file that is gone."""
    if run.file is None:
        return False
    _refuse_mapping(run, mapping, options)
    written = {str(index): key for index, key in mapping.items() if key}
    changes = {"mapping": written, "options": options.as_json(), "counts": {}, "applied_counts": {}, "error": ""}
    if not _move(run, {State.MAPPING, State.CHECKED, State.FAILED}, State.CHECKING, **changes):
        return False
    _start_work(run, "imports.check", _("Checking %(name)s"), by)
    return True


@transaction.atomic
def start(*, run: ImportRun, by: User) -> bool:
    """Starts the import of what was checked, or goes on where one stopped. False on a second click
    and when the file is gone, its rows with it."""
    if run.file is None:
        return False
    has_landed = "line" in run.applied_counts
    if not _move(run, {State.CHECKED, State.CANCELLED, State.FAILED}, State.IMPORTING, error=""):
        return False
    _start_work(run, "imports.land", _("Importing %(name)s"), by)
    audit.record("import.continued" if has_landed else "import.started", by=by, subject=run)
    return True


@transaction.atomic
def cancel(*, run: ImportRun, by: User) -> bool:
    """Asks the work to stop; what has landed stays. False when there is nothing to stop."""
    if run.job is None or not cancel_job(job=run.job, by=by):
        return False
    audit.record("import.cancelled", by=by, subject=run)
    return True


@transaction.atomic
def discard(*, run: ImportRun, by: User) -> bool:
    """Forgets a file that nothing has landed from; False when something has or is about to."""
    discardable = ImportRun.objects.select_for_update().filter(pk=run.pk, applied_counts={})
    if not discardable.filter(state__in=[State.MAPPING, State.CHECKED, State.FAILED]).exists():
        return False
    audit.record("import.discarded", by=by, subject=run)
    staging.clear(run)
    kept = [file for file in (run.file, run.problem_file) if file is not None]
    run.delete()
    for file in kept:
        files.remove(file)
    return True


def move(run: ImportRun, state: str, **changes: Any) -> bool:
    """For the workers: along ``TRANSITIONS``, once; False when somebody else was quicker."""
    return _move(run, {former for former, nexts in TRANSITIONS.items() if state in nexts}, state, **changes)


def _move(run: ImportRun, formers: set[str], state: str, **changes: Any) -> bool:
    moved = ImportRun.objects.filter(pk=run.pk, state__in=formers).update(state=state, **changes)
    if moved:
        for name, value in {"state": state, **changes}.items():
            setattr(run, name, value)
    return bool(moved)


def _start_work(run: ImportRun, task: str, title: str, by: User) -> None:
    url = tenant_url(run.tenant, "import_run", run.pk)
    run.job = start_job(task=task, kind=task, title=title % {"name": run.name}, by=by, url=url, run_id=run.pk)
    run.save(update_fields=["job"])


def _refuse_size(upload: UploadedFile[bytes]) -> None:
    if (upload.size or 0) > settings.MAX_UPLOAD_BYTES:
        raise ValidationError(too_large())


def too_large() -> str:
    return _("The file is larger than %(limit)s. Split it, or leave out columns you do not need.") % {
        "limit": filesizeformat(settings.MAX_UPLOAD_BYTES)
    }


def _refuse_mapping(run: ImportRun, mapping: Mapping[int, str], options: Options) -> None:
    known = fields.all_fields()
    sheet = source.look_into(run, source.dialect_of(run))
    chosen: dict[str, int] = {}
    for index, key in mapping.items():
        if not key:
            continue
        if key not in known or index >= len(sheet.headers):
            raise ValidationError({str(index): _("Choose one of the fields.")})
        if key in chosen and not known[key].is_many:
            raise ValidationError(
                {str(index): _("“%(column)s” goes there already.") % {"column": sheet.headers[chosen[key]]}}
            )
        chosen[key] = index
    _refuse_nobody(set(chosen), options)


def _refuse_nobody(chosen: set[str], options: Options) -> None:
    if "email" in chosen:
        return
    if not options.without_email:
        raise ValidationError(_("Choose the column that holds the email address, or allow people without one."))
    if not chosen & {"name", "given_name", "family_name", "phone", "mobile"}:
        raise ValidationError(_("Choose at least a column with names, phone numbers or email addresses."))
