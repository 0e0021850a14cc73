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

from contacts.imports import cards, fields, into_list, memory, new_fields, our_own, presets, source, staging, values
from contacts.imports.dialect import CONTENT_TYPES, VCARD, detect
from contacts.imports.folding import fold
from contacts.imports.presets import Preset
from contacts.models import ImportChunk, ImportMapping, ImportRun
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
    State.CANCELLED: frozenset({State.IMPORTING, State.UNDOING}),
    State.DONE: frozenset({State.UNDOING}),
    State.UNDOING: frozenset({State.DONE, State.FAILED, State.UNDONE}),
    State.UNDONE: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Options:
    """What to do with what is known. ``known``: fill, overwrite or skip; ``policies`` differ from it by
    field (``contacts.imports.wishes``). ``match`` recognises people by email, external id (in ``system``),
    phone or number here. ``decimal`` is what the file puts before cents.

    ``page`` is the page (its name and an id) of another room that leads this import.
    Everybody is put on the list ``list_id``, or on a new one of the name ``list_name``.
    ``constants`` are cells every row is taken to have in registered columns the file has not got.
    """

    known: str = "fill"
    without_email: bool = False
    day_first: bool = True
    tag: str = ""
    constants: Mapping[str, str] = field(default_factory=dict)
    policies: Mapping[str, str] = field(default_factory=dict)
    match: str = "email"
    system: str = ""
    decimal: str = "."
    only_known_companies: bool = False
    only_known_tags: bool = False
    list_id: int | None = None
    list_name: str = ""
    page: tuple[str, int] | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@transaction.atomic
def begin_import(*, upload: UploadedFile[bytes], by: User, is_ours: bool = False) -> ImportRun:
    """Takes a file in, if it is a table of text, and guesses what its columns are.

    A file of our own making (``is_ours``) may be larger than what people upload.

    Raises ``ValidationError`` otherwise; nothing is kept then. The same file again, while its
    columns are still being mapped, answers the run that is there.
    """
    if not is_ours:
        _refuse_size(upload)
    dialect = detect(upload)
    upload.seek(0)
    file = files.store(
        upload.chunks(),
        name=upload.name or "",
        content_type=CONTENT_TYPES[dialect.format],
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
    """Maps the columns as they were mapped last time, or by their names and their product; dates and
    decimals by how the file writes them."""
    sheet = source.look_into(run, source.dialect_of(run))
    known, preset = fields.all_fields(), presets.recognise(sheet.headers)
    style = Options(
        day_first=values.day_comes_first(_dates(sheet), default=run.tenant.country != "US"),
        decimal="." if preset is presets.OURS else values.decimal_mark(cell for row in sheet.rows for cell in row),
        system=preset.system if preset else "",
    )
    mapping = fields.guess_by_values(sheet.rows, fields.guess(sheet.headers, known, _meanings(run, preset)))
    remembered = ImportMapping.objects.filter(headers_sha256=memory.key_of(sheet.headers)).first()
    if remembered is not None:
        run.mapping = memory.recalled(remembered.mapping, mapping, known)
        # How this very file writes its dates is seen in it.
        run.options = {**style.as_json(), **remembered.options, "day_first": style.day_first, "decimal": style.decimal}
    else:
        run.mapping = {str(index): key for index, key in mapping.items()}
        run.options = style.as_json()
    run.options |= _recognition(run, sheet)
    run.save(update_fields=["mapping", "options"])


def _recognition(run: ImportRun, sheet: source.Sheet) -> dict[str, Any]:
    """People of our own exports are known by their numbers, where these are from this workspace; none of
    them needs an address. What was wished for another file of the same columns says nothing of that."""
    columns = {key: int(index) for index, key in run.mapping.items()}
    if "ecrm_number" in columns and "ecrm_workspace" in columns:
        cells = sheet.column(columns["ecrm_workspace"])
        if cells:
            return {"match": "number" if our_own.are_from(cells, run.tenant) else "email", "without_email": True}
    return {"match": "email"} if run.options.get("match") == "number" else {}


def _meanings(run: ImportRun, preset: Preset | None) -> Mapping[str, str]:
    if run.dialect.get("format") == VCARD:
        return {fold(header): key for header, key in cards.COLUMNS.items()}
    return preset.mapping if preset else {}


def _dates(sheet: source.Sheet) -> list[str]:
    return [cell for row in sheet.rows for cell in row if values.looks_like_date(cell)]


@transaction.atomic
def reread(*, run: ImportRun, by: User, **given: Any) -> bool:
    """Reads the file as the person says it is; False when it is being worked on or gone.

    ``given`` are encoding, delimiter and has_header, as far as the file's format knows them.
    """
    if run.file is None:
        return False
    dialect = replace(source.dialect_of(run), **given)
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
    mapping = new_fields.make_at_once(run, mapping, by)
    _refuse_mapping(run, mapping, options)
    into_list.check(list_id=options.list_id, list_name=options.list_name)
    written = {str(index): key for index, key in mapping.items() if key}
    changes = {"mapping": written, "options": options.as_json(), "counts": {}, "applied_counts": {}, "error": ""}
    if not _move(run, {State.MAPPING, State.CHECKED, State.FAILED}, State.CHECKING, **changes):
        return False
    memory.remember(run, by)
    _start_work(run, "imports.check", _("Checking %(name)s"), by)
    return True


@transaction.atomic
def add_entries(*, run: ImportRun, by: User) -> bool:
    """Adds what the dry run found missing to the lists of fields, and checks again. False on a second click.

    Raises ``ValidationError`` when a list would have too many entries.
    """
    missing = run.counts.get("entries_out", {})
    if run.file is None or not missing:
        return False
    if not _move(run, {State.CHECKED}, State.CHECKING, counts={}, applied_counts={}, error=""):
        return False
    new_fields.add_entries(missing, by)
    _start_work(run, "imports.check", _("Checking %(name)s"), by)
    return True


@transaction.atomic
def start(*, run: ImportRun, by: User) -> bool:
    """Starts the import of what was checked, or goes on where one stopped. False on a second click,
    when the file is gone, its rows with it, and after a check that failed: what an earlier one staged
    was for other columns."""
    if run.file is None or (run.state == State.FAILED and not run.counts):
        return False
    has_landed = "line" in run.applied_counts
    into_list.make(run, by=by)
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
def undo(*, run: ImportRun, by: User) -> bool:
    """Starts taking the whole import back, what was changed since apart. False on a second click."""
    if not _move(run, {State.DONE, State.CANCELLED}, State.UNDOING, error=""):
        return False
    _start_work(run, "imports.undo", _("Undoing %(name)s"), by, user_id=by.pk)
    audit.record("import.undo_started", by=by, subject=run)
    return True


@transaction.atomic
def discard(*, run: ImportRun, by: User) -> bool:
    """Forgets a file that nothing has landed from; False when something has or is about to."""
    discardable = ImportRun.objects.select_for_update().filter(pk=run.pk, applied_counts={})
    if ImportChunk.objects.filter(run=run).exclude(landed_at=None).exists():
        return False
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


def _start_work(run: ImportRun, task: str, title: str, by: User, **arguments: Any) -> None:
    url = tenant_url(run.tenant, "import_run", run.pk)
    run.job = start_job(
        task=task, kind=task, title=title % {"name": run.name}, by=by, url=url, run_id=run.pk, **arguments
    )
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
        if key in fields.NEW_FIELDS and index < len(sheet.headers):
            continue
        if key not in known or index >= len(sheet.headers):
            raise ValidationError({str(index): _("Choose one of the fields.")})
        if key in chosen and not known[key].is_many:
            raise ValidationError(
                {str(index): _("“%(column)s” goes there already.") % {"column": sheet.headers[chosen[key]]}}
            )
        chosen[key] = index
    _refuse_nobody(set(chosen), options)
    if options.match == "external" and "external_id" not in chosen:
        raise ValidationError(_("Choose the column that holds the number in the other system."))
    if options.match == "number" and not {"ecrm_number", "ecrm_workspace"} <= chosen.keys():
        raise ValidationError(_("Choose the columns that hold the eCRM number and the eCRM workspace."))
    if options.match == "phone" and not chosen.keys() & {"phone", "mobile"}:
        raise ValidationError(_("Choose the column that holds the phone number."))


def _refuse_nobody(chosen: set[str], options: Options) -> None:
    if "email" in chosen:
        return
    if not options.without_email:
        raise ValidationError(_("Choose the column that holds the email address, or allow people without one."))
    if not chosen & {"name", "given_name", "family_name", "phone", "mobile", "external_id", "ecrm_number"}:
        raise ValidationError(_("Choose at least a column with names, phone numbers or email addresses."))
