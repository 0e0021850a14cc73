"""``/exports``: people as a file, written behind the answer and fetched when it is done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from django.db.models import QuerySet
from django.http import FileResponse, Http404, QueryDict
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status
from pydantic import Field

from contacts.api import filtering
from contacts.exports import services
from contacts.exports.writers import TYPES
from contacts.models import Segment
from ecrm.api.access import ApiRequest, needs
from ecrm.api.paging import PageOut, Window, page_of
from ecrm.api.problems import Problem, invalid
from ecrm.api.schemas import Id, IdIn, In, Text, number_of
from ecrm.api.scopes import Scope
from ecrm.audit import services as audit
from ecrm.files.models import File
from ecrm.jobs.models import Job
from ecrm.jobs.services import cancel_job

router = Router()
READ, WRITE = needs(Scope.EXPORTS_READ), needs(Scope.EXPORTS_WRITE)
KIND = "export"
# What the job's address may hold.
FormName = Literal["csv", "xlsx", "vcf", "jsonl"]
assert set(FormName.__args__) == set(TYPES)  # type: ignore[attr-defined]
FILE = {type_: {"schema": {"type": "string", "format": "binary"}} for type_ in TYPES.values()}


class ExportIn(In):
    """Everybody the token's maker sees, or whom all of these leave."""

    format: FormName
    where: filtering.WhereIn = []
    q: Annotated[Text, Field(max_length=200, description="Any part of name, address, phone.")] = ""
    segment_id: Annotated[IdIn | None, Field(description="Its members; goes with neither `where` nor `q`.")] = None


class FileOut(Schema):
    """``size`` in bytes. It is gone after ``expires_at``."""

    name: str
    size: int
    content_type: str
    sha256: str
    expires_at: datetime | None


class ExportOut(Schema):
    """``state`` is waiting, running, done, failed or cancelled; ``total`` is 0 until counted."""

    id: Id
    format: str
    state: str
    total: int
    done: int
    error: str
    file: FileOut | None
    created_at: datetime
    finished_at: datetime | None


@router.get("", auth=READ, response=PageOut[ExportOut], summary="List exports")
def list_exports(request: ApiRequest, window: Window) -> Any:
    """Those of the token's maker, the latest first."""
    return page_of(_own(request), window, order=("-created_at", "-id"), show=_shown)


@router.post("", auth=WRITE, response={202: ExportOut}, summary="Start an export")
def start_export(request: ApiRequest, given: ExportIn) -> Any:
    """It holds whatever its maker may see of these people. Ask for it until `state` is `done`."""
    job = services.start_export(query=_query(request, given), by=request.user)
    return Status(202, _shown([job])[0])


@router.get("/{export_id}", auth=READ, response=ExportOut, summary="Read where an export stands")
def read_export(request: ApiRequest, export_id: IdIn) -> Any:
    return _shown([_one(request, export_id)])[0]


@router.post("/{export_id}/cancel", auth=WRITE, response=ExportOut, summary="Stop an export")
def cancel_export(request: ApiRequest, export_id: IdIn) -> Any:
    """It stops at its next step and leaves no file. Twice, or when it is over, changes nothing."""
    cancel_job(job=_one(request, export_id), by=request.user)
    return _shown([_one(request, export_id)])[0]


@router.get(
    "/{export_id}/file",
    auth=READ,
    summary="Download an export",
    openapi_extra={"responses": {200: {"description": "The file", "content": FILE}}},
)
def download_export(request: ApiRequest, export_id: IdIn) -> Any:
    """A conflict (409) until it is done."""
    job = _one(request, export_id)
    if job.file is None:
        raise Problem(409, _("There is no file (yet, or any more)."))
    return download(request, job.file)


def download(request: ApiRequest, file: File) -> FileResponse:
    """Its bytes, and an entry in the audit."""
    audit.record("file.downloaded", by=request.user, subject=file)
    return FileResponse(file.open(), as_attachment=True, filename=file.name, content_type=file.content_type)


def _query(request: ApiRequest, given: ExportIn) -> QueryDict:
    query = QueryDict(mutable=True)
    query[services.FORMAT] = given.format
    if given.segment_id:
        _check_segment(request, given)
        query["segment"] = given.segment_id
    else:
        filtering.read_where(request, given.where)
        query.setlist("where", given.where)
        query["q"] = given.q
    if len(services.address(query)) > services.LONGEST_ADDRESS:
        words = _("These conditions are too long. Make a segment of them, and export that.")
        raise invalid(words, where=words)
    return query


def _check_segment(request: ApiRequest, given: ExportIn) -> None:
    request.grant.check(Scope.SEGMENTS_READ)
    if given.where or given.q:
        words = _("Give either a segment or conditions.")
        raise invalid(words, segment_id=words)
    if not Segment.objects.filter(pk=number_of(given.segment_id or "")).exists():
        words = _("There is no such segment.")
        raise invalid(words, segment_id=words)


def _own(request: ApiRequest) -> QuerySet[Job]:
    """Other rooms export too: the address tells."""
    begins = services.address(QueryDict())
    return Job.objects.filter(kind=KIND, requested_by=request.user, url__startswith=begins).select_related("file")


def _one(request: ApiRequest, export_id: str) -> Job:
    job = _own(request).filter(pk=number_of(export_id)).first()
    if job is None:
        raise Http404
    return job


def _shown(jobs: Sequence[Job]) -> list[dict[str, Any]]:
    plain = ("state", "total", "done", "error", "file", "created_at", "finished_at")
    return [{"id": job.pk, "format": _format(job), **{name: getattr(job, name) for name in plain}} for job in jobs]


def _format(job: Job) -> str:
    return QueryDict(urlsplit(job.url).query).get(services.FORMAT, "")
