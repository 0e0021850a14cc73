"""``/imports``: a file or lines of JSON taken in, tried, brought in, and taken back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema, Status
from pydantic import Field

from contacts.api.exports import download
from contacts.api.import_options import checked_mapping, checked_options, shown_columns
from contacts.api.import_schemas import CheckIn, ColumnsOut, ImportOut, ImportProblemOut, TargetOut
from contacts.imports import fields, services, sight
from contacts.imports.reports import Report
from contacts.models import ImportProblem, ImportRun
from ecrm.api import problems, root
from ecrm.api.access import ApiRequest, needs
from ecrm.api.paging import PageOut, Window, page_of
from ecrm.api.problems import Problem, invalid
from ecrm.api.schemas import IdIn, Text, number_of
from ecrm.api.scopes import Scope
from ecrm.files import uploads
from ecrm.tenancy.roles import Capability

router = Router()
READ, WRITE = needs(Scope.IMPORTS_READ), needs(Scope.IMPORTS_WRITE)
State = ImportRun.State
VERDICTS = ("new", "update", "same", "refused", "repeated")
_BINARY = {"type": "string", "format": "binary"}
_UPLOAD = {
    "required": True,
    "content": {
        uploads.FORM: {"schema": {"type": "object", "properties": {"file": _BINARY}, "required": ["file"]}},
        uploads.LINES: {"schema": {"description": "One JSON object a line."}},  # no kind of JSON itself
    },
}
_PROBLEM_FILE = {"content": {"text/csv": {"schema": _BINARY}}, "description": "The rows with a problem"}


class NameFilters(Schema):
    name: Annotated[Text, Field(max_length=200, description="Of the file, where it brings none.")] = ""


@root.upload
@router.post(
    "",
    auth=WRITE,
    response={201: ImportOut},
    summary="Send a file to import",
    openapi_extra={"requestBody": _UPLOAD},
)
def begin_import(request: ApiRequest, asked: Annotated[NameFilters, Query()]) -> Any:
    """A table (CSV), spreadsheet (XLSX), address book (vCard) or lines of JSON, up to 100 MB: as the field `file`
    of a form, or the lines as the body. Nothing comes in yet: see its columns, then check it, then start it.
    """
    if request.content_type not in (uploads.FORM, uploads.LINES):
        words = _("Send a file as %(form)s, or lines as %(lines)s.")
        raise Problem(415, words % {"form": uploads.FORM, "lines": uploads.LINES})
    file = uploads.sent_by_program(request)
    if file is None:
        words = _("Send the file in the field “file”.")
        raise invalid(words, file=words)
    file.name = asked.name or file.name
    with _refusals(lambda _name: "file"):
        return Status(201, _shown(request, services.begin_import(upload=file, by=request.user)))


@router.get("", auth=READ, response=PageOut[ImportOut], summary="List imports")
def list_imports(request: ApiRequest, window: Window) -> Any:
    """The latest first, whoever began them. Of a file with values that the asker's roles do not see, `reasons` and
    `missing_entries` stay empty.
    """
    order = ("-created_at", "-id")
    return page_of(_runs(), window, order=order, show=lambda runs: [_listed(request, run) for run in runs])


@router.get("/fields", auth=READ, response=list[TargetOut], summary="List fields a column can go to")
def list_import_fields(request: ApiRequest) -> Any:
    return [
        {"key": one.key, "label": str(one.label), "group": str(one.group), "is_many": one.is_many}
        for one in fields.all_fields(request.membership).values()
    ]


@router.get("/{import_id}", auth=READ, response=ImportOut, summary="Read where an import stands")
def read_import(request: ApiRequest, import_id: IdIn) -> Any:
    return _shown(request, _one(request, import_id))


@router.delete("/{import_id}", auth=WRITE, response={204: None}, summary="Discard an import")
def discard_import(request: ApiRequest, import_id: IdIn) -> Any:
    """Forgets the file and its check. A conflict (409) once people came in from it: undo it instead."""
    if not services.discard(run=_one(request, import_id), by=request.user):
        raise Problem(409, _("People have come in from this file, or it is being worked on."))
    return Status(204, None)


@router.get("/{import_id}/columns", auth=READ, response=ColumnsOut, summary="Read the columns of a file")
def read_import_columns(request: ApiRequest, import_id: IdIn) -> Any:
    """Where each goes, as guessed or as checked last, and how the file is read."""
    return shown_columns(request, _with_file(request, import_id))


@router.post("/{import_id}/check", auth=WRITE, response={202: ImportOut}, summary="Try an import")
def check_import(request: ApiRequest, import_id: IdIn, given: CheckIn) -> Any:
    """The dry run: says exactly what would happen, and brings nobody in. Ask until `state` is `checked`."""
    run = _with_file(request, import_id)
    mapping = checked_mapping(request, run, given.columns)
    options = checked_options(run, given.options, mapping)
    with _refusals(lambda name: f"columns.{name}" if name.isdecimal() else "columns"):
        done = services.check(run=run, mapping=mapping, options=options, by=request.user)
    return _moved(request, import_id, done, {State.CHECKING})


@router.post("/{import_id}/entries", auth=WRITE, response={202: ImportOut}, summary="Add what lists lack and try again")
def add_import_entries(request: ApiRequest, import_id: IdIn) -> Any:
    """Adds the `missing_entries` of the dry run to the lists of their fields. A conflict (409) where there are none."""
    if not request.grant.reaches(Capability.SETTINGS_MANAGE):
        raise Problem(403, _("This token, or the member who made it, may not make fields."))
    with _refusals(lambda _name: "missing_entries"):
        done = services.add_entries(run=_with_file(request, import_id), by=request.user)
    return _moved(request, import_id, done, {State.CHECKING})


@router.post("/{import_id}/start", auth=WRITE, response={202: ImportOut}, summary="Bring people in")
def start_import(request: ApiRequest, import_id: IdIn) -> Any:
    """What was checked, or on from where it stopped. Twice changes nothing."""
    done = services.start(run=_one(request, import_id), by=request.user)
    return _moved(request, import_id, done, {State.IMPORTING, State.DONE})


@router.post("/{import_id}/cancel", auth=WRITE, response={202: ImportOut}, summary="Stop an import")
def cancel_import(request: ApiRequest, import_id: IdIn) -> Any:
    """It stops at its next step; who has come in stays. A conflict (409) when nothing is going on."""
    run = _one(request, import_id)
    done = services.cancel(run=run, by=request.user)
    return _moved(request, import_id, done or Report(run, request.membership).is_stopping, {State.CANCELLED})


@router.post("/{import_id}/undo", auth=WRITE, response={202: ImportOut}, summary="Undo an import")
def undo_import(request: ApiRequest, import_id: IdIn) -> Any:
    """Takes everything back but what somebody changed since. Twice changes nothing."""
    done = services.undo(run=_one(request, import_id), by=request.user)
    return _moved(request, import_id, done, {State.UNDOING, State.UNDONE})


@router.get(
    "/{import_id}/problems", auth=READ, response=PageOut[ImportProblemOut], summary="List what was wrong with rows"
)
def list_import_problems(request: ApiRequest, import_id: IdIn, window: Window) -> Any:
    """In the order of the file."""
    found = ImportProblem.objects.filter(run=_one(request, import_id))
    return page_of(found, window, order=("line", "id"), show=list)


@router.get(
    "/{import_id}/problem-file",
    auth=READ,
    summary="Download the rows with a problem",
    openapi_extra={"responses": {200: _PROBLEM_FILE}},
)
def download_import_problems(request: ApiRequest, import_id: IdIn) -> Any:
    """The original rows, with their lines and reasons."""
    run = _one(request, import_id)
    if run.problem_file is None:
        raise Problem(409, _("There is no file (yet, or any more)."))
    return download(request, run.problem_file)


@contextmanager
def _refusals(place: Callable[[str], str]) -> Iterator[None]:
    """What a service refuses, at the place in the request that it speaks of."""
    try:
        yield
    except ValidationError as error:
        told = problems.of_validation(error)
        errors = tuple((place(each["field"]), each["message"]) for each in problems.told(told))
        raise Problem(told.status, told.detail, errors) from error


def _runs() -> QuerySet[ImportRun]:
    return ImportRun.objects.select_related("file", "problem_file", "job", "tenant")


def _one(request: ApiRequest, import_id: str) -> ImportRun:
    run = _runs().filter(pk=number_of(import_id)).first()
    if run is None:
        raise Http404
    if not sight.may_look(run, request.membership):
        raise Problem(403, _("This file holds values of fields that your role does not see."))
    return run


def _with_file(request: ApiRequest, import_id: str) -> ImportRun:
    run = _one(request, import_id)
    if run.file is None:
        raise Problem(409, _("The file of this import is gone."))
    return run


def _moved(request: ApiRequest, import_id: str, is_done: bool, wanted: Collection[str]) -> Any:
    """Where it stands now; a conflict unless it was set going, or stood where it should already."""
    run = _one(request, import_id)
    if not is_done and run.state not in wanted:
        words = _("This import is %(state)s: it cannot do that now.")
        raise Problem(409, words % {"state": run.state})
    return Status(202, _shown(request, run))


def _listed(request: ApiRequest, run: ImportRun) -> dict[str, Any]:
    """Opens the file only of who has something to keep."""
    shown = _shown(request, run)
    kept: dict[str, Any] = {"reasons": [], "missing_entries": {}}
    if any(shown[name] for name in kept) and not sight.may_look(run, request.membership):
        shown |= kept
    return shown


def _shown(request: ApiRequest, run: ImportRun) -> dict[str, Any]:
    report = Report(run, request.membership)
    plain = ("name", "state", "error", "created_at", "finished_at", "undone_at")
    return {
        "id": run.pk,
        **{name: getattr(run, name) for name in plain},
        "format": run.dialect.get("format", "csv"),
        "percent": report.percent,
        "checked": _counted(run.counts) if run.counts else None,
        "landed": _counted(run.applied_counts) if report.has_begun else None,
        "reasons": [
            {name: getattr(reason, name) for name in ("column", "reason", "is_fatal", "rows", "first")}
            for reason in report.reasons
        ],
        "missing_entries": {key: [*names] for key, names in report.entries_out.items()},
        "undone": {"kept_ids": [], **report.undone} if run.undo_counts else None,
        "can_undo": report.is_undoable,
    }


def _counted(counts: dict[str, Any]) -> dict[str, int]:
    return {verdict: int(counts.get(verdict, 0)) for verdict in VERDICTS}
