"""``/purposes`` and ``/consent``: what we may do, and recording what people answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from ninja import Query, Router, Schema, Status
from pydantic import Field

from consent import purposes, rules, services
from consent.models import ConsentRecord, ConsentState, Notice, Purpose, Source
from contacts.models import Contact
from ecrm.api import root
from ecrm.api.access import ApiRequest, needs
from ecrm.api.paging import PageOut, Window, page_of
from ecrm.api.problems import Problem, invalid
from ecrm.api.schemas import Id, IdIn, In, InstantIn, Text, Whole, number_of
from ecrm.api.scopes import Scope

purpose_router, router = Router(), Router()
READ, WRITE = needs(Scope.CONSENT_READ), needs(Scope.CONSENT_WRITE)
PurposeKey = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$", description="A purpose's key.")]
_FACTS = ("origin", "url", "ip", "user_agent", "language", "wording_sha256")


class PurposeOut(Schema):
    """``notice_version`` is the newest wording's, null where none was published."""

    key: str
    name: str
    description: str
    channel: str
    basis: str
    is_marketing: bool
    notice_version: int | None
    archived_at: datetime | None


class PurposesOut(Schema):
    items: list[PurposeOut]


class RecordFilters(Schema):
    contact_id: IdIn | None = None
    purpose: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{0,40}$")] = ""


class RecordOut(Schema):
    """One row of the ledger: never changed, never deleted."""

    id: Id
    contact_id: Id
    purpose: str
    channel: str
    decision: str
    source: str
    notice_version: int | None
    evidence: dict[str, Any]
    given_at: datetime
    recorded_at: datetime


class StandingOut(Schema):
    """Whether a purpose may be used for a person now, and why. ``record_id`` is the row that decided."""

    purpose: str
    allowed: bool
    reason: str
    since: datetime | None
    record_id: Id | None


class StandingsOut(Schema):
    items: list[StandingOut]


class EvidenceIn(In):
    """What proves the answer. ``origin`` says in words where the person gave it."""

    origin: Annotated[Text, Field(min_length=1, max_length=300)]
    url: Annotated[Text, Field(max_length=2000)] = ""
    ip: Annotated[str, Field(pattern=r"^[0-9a-fA-F:.]{0,45}$")] = ""
    user_agent: Annotated[Text, Field(max_length=300)] = ""
    language: Annotated[str, Field(pattern=r"^[A-Za-z-]{0,10}$")] = ""
    wording_sha256: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""


class AnswerIn(In):
    """``notice_version`` is the wording the person saw. ``given_at`` left out: now."""

    contact_id: IdIn
    purpose: PurposeKey
    decision: Literal["granted", "withdrawn"]
    evidence: EvidenceIn
    given_at: InstantIn | None = None
    notice_version: Annotated[Whole, Field(ge=1, le=1_000_000)] | None = None


def register() -> None:
    root.register("/purposes", purpose_router, gettext_noop("Consent"))
    root.register("/consent", router, gettext_noop("Consent"))


@purpose_router.get("", auth=READ, response=PurposesOut, summary="List purposes")
def list_purposes(request: ApiRequest) -> Any:
    """All of them, archived ones too."""
    notices = purposes.current_notices([request.LANGUAGE_CODE])
    found = purposes.catalogue([request.LANGUAGE_CODE], with_archived=True)
    return {"items": [_purpose(each, notices.get(each.purpose.pk)) for each in found]}


@router.get("", auth=READ, response=PageOut[RecordOut], summary="List consent records")
def list_consent_records(request: ApiRequest, asked: Annotated[RecordFilters, Query()], window: Window) -> Any:
    """The ledger, what was recorded last first."""
    records = ConsentRecord.objects.filter(contact__in=Contact.objects.visible_to(request.membership))
    if asked.contact_id:
        records = records.filter(contact_id=number_of(asked.contact_id))
    if asked.purpose:
        records = records.filter(purpose__key=asked.purpose)
    return page_of(records.select_related("purpose", "notice"), window, order=("-id",), show=_records)


@router.post("", auth=WRITE, response={201: RecordOut}, summary="Record an answer")
def record_consent(request: ApiRequest, given: AnswerIn) -> Any:
    """Appends to the ledger. An answer that stands already is answered as it is."""
    contact, purpose = _contact(request, given.contact_id), _purpose_of(given.purpose)
    answer = services.grant if given.decision == "granted" else services.withdraw
    record = answer(
        contact=contact,
        purpose=purpose,
        source=Source.API,
        evidence={**_evidence(given.evidence), "token": request.grant.token.pk},
        by=request.user,
        at=given.given_at,
        notice=_notice(purpose, given),
    )
    return Status(201, _records([_found().get(pk=record.pk)])[0])


@router.get("/standing/{contact_id}", auth=READ, response=StandingsOut, summary="Ask what may be done")
def read_consent_standing(request: ApiRequest, contact_id: IdIn) -> Any:
    """Today's answer of one person to every purpose in use."""
    contact = _contact(request, contact_id)
    states = {state.purpose_id: state for state in ConsentState.objects.filter(contact=contact)}
    in_use = Purpose.objects.filter(archived_at=None).order_by("position", "id")
    return {"items": [_standing(purpose, states.get(purpose.pk)) for purpose in in_use]}


def _purpose(each: purposes.Wording, notice: Notice | None) -> dict[str, Any]:
    kept = ("key", "channel", "basis", "is_marketing", "archived_at")
    return {
        **{name: getattr(each.purpose, name) for name in kept},
        "name": each.name,
        "description": each.description,
        "notice_version": notice.version if notice else None,
    }


def _standing(purpose: Purpose, state: ConsentState | None) -> dict[str, Any]:
    answer = state.state if state else None
    return {
        "purpose": purpose.key,
        "allowed": answer in rules.allowing_states(purpose),
        "reason": rules.reason_of(purpose, answer).value,
        "since": state.since if state else None,
        "record_id": state.record_id if state else None,
    }


def _found() -> QuerySet[ConsentRecord]:
    return ConsentRecord.objects.select_related("purpose", "notice")


def _records(found: Sequence[ConsentRecord]) -> list[dict[str, Any]]:
    return [
        {
            "id": record.pk,
            "contact_id": record.contact_id,
            "purpose": record.purpose.key,
            "channel": record.channel,
            "decision": record.action,
            "source": record.source,
            "notice_version": record.notice.version if record.notice else None,
            "evidence": record.evidence,
            "given_at": record.given_at,
            "recorded_at": record.recorded_at,
        }
        for record in found
    ]


def _contact(request: ApiRequest, contact_id: str) -> Contact:
    contact = Contact.objects.visible_to(request.membership).filter(pk=number_of(contact_id)).first()
    if contact is None:
        raise Http404
    return contact


def _purpose_of(key: str) -> Purpose:
    purpose = purposes.by_key(key)
    if purpose is None:
        raise Problem(404, _("There is no purpose with this key."))
    if not purpose.has_choice:
        words = _("Nobody has a choice about this purpose: it rests on a contract.")
        raise Problem(409, words)
    return purpose


def _notice(purpose: Purpose, given: AnswerIn) -> Notice | None:
    if given.notice_version is None:
        return None
    versions = Notice.objects.filter(purpose=purpose, version=given.notice_version).order_by("language")
    by_language = {notice.language: notice for notice in versions}
    notice = by_language.get(given.evidence.language) or next(iter(by_language.values()), None)
    if notice is None:
        words = _("This purpose has no wording of that version.")
        raise invalid(words, notice_version=words)
    return notice


def _evidence(given: EvidenceIn) -> dict[str, str]:
    return {name: getattr(given, name) for name in _FACTS if getattr(given, name)}
