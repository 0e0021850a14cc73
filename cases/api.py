"""``/cases``: read them, open one, answer, note, solve."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_noop
from ninja import Query, Router, Schema, Status
from pydantic import Field

from cases import services
from cases.models import Case, CaseMessage, Channel, Direction, Priority, State
from cases.services import Incoming
from contacts.models import Contact
from ecrm.api import root
from ecrm.api.access import ApiRequest, needs
from ecrm.api.paging import PageOut, Window, page_of
from ecrm.api.schemas import Id, IdIn, In, Text, number_of
from ecrm.api.scopes import Scope

router = Router()
READ, WRITE = needs(Scope.CASES_READ), needs(Scope.CASES_WRITE)
StateName = Literal["new", "open", "on_customer", "on_us", "solved", "closed"]
PriorityName = Literal["low", "normal", "high", "urgent"]
ChannelName = Literal["email", "phone", "form", "other"]
Words = Annotated[Text, Field(pattern=r"\S", max_length=100_000)]


class CaseFilters(Schema):
    state: Annotated[list[StateName], Field(description="Any of these.")] = []
    contact_id: IdIn | None = None
    assignee_id: IdIn | None = None


class CaseIn(In):
    """``text`` is what the person said."""

    contact_id: IdIn
    subject: Annotated[Text, Field(pattern=r"\S", max_length=300)]
    text: Words
    channel: ChannelName = "form"
    priority: PriorityName = "normal"


class MessageIn(In):
    """An answer is sent by mail; a note stays in the house."""

    text: Words
    kind: Literal["answer", "note"] = "answer"
    then: Annotated[Literal["on_customer", "open", "solved"], Field(description="The state after an answer.")] = (
        "on_customer"
    )


class CaseOut(Schema):
    """``waiting_since`` is the oldest message nobody has answered, null while it is not our turn."""

    id: Id
    number: int
    subject: str
    contact_id: Id | None
    state: str
    priority: str
    channel: str
    assignee_id: Id | None
    opened_at: datetime
    first_reply_at: datetime | None
    last_message_at: datetime
    waiting_since: datetime | None
    solved_at: datetime | None


class MessageOut(Schema):
    id: Id
    kind: str
    text: str
    sender_name: str
    sender_address: str
    author_id: Id | None
    at: datetime


def register() -> None:
    root.register("/cases", router, gettext_noop("Cases"))


@router.get("", auth=READ, response=PageOut[CaseOut], summary="List cases")
def list_cases(request: ApiRequest, asked: Annotated[CaseFilters, Query()], window: Window) -> Any:
    """Those with the latest message first, without those that became part of another."""
    cases = Case.objects.visible_to(request.membership).filter(merged_into=None)
    if asked.state:
        cases = cases.filter(state__in=asked.state)
    if asked.contact_id:
        cases = cases.filter(contact=number_of(asked.contact_id))
    if asked.assignee_id:
        cases = cases.filter(assignee=number_of(asked.assignee_id))
    return page_of(cases, window, order=("-last_message_at", "-id"), show=_shown)


@router.post("", auth=WRITE, response={201: CaseOut}, summary="Open a case")
def open_case(request: ApiRequest, given: CaseIn) -> Any:
    """In the person's name: what they said elsewhere, in a form or a chat."""
    contact = Contact.objects.visible_to(request.membership).filter(pk=number_of(given.contact_id)).first()
    if contact is None:
        raise Http404
    case = services.open_case(
        contact=contact,
        subject=given.subject,
        channel=Channel(given.channel),
        priority=Priority[given.priority.upper()],
        message=Incoming(text=given.text, at=timezone.now(), contact=contact, sender_name=str(contact)),
        by=request.user,
    )
    return Status(201, _shown([case])[0])


@router.get("/{case_id}", auth=READ, response=CaseOut, summary="Read a case")
def read_case(request: ApiRequest, case_id: IdIn) -> Any:
    return _shown([_one(request, case_id)])[0]


@router.get("/{case_id}/messages", auth=READ, response=PageOut[MessageOut], summary="Read what was said")
def list_case_messages(request: ApiRequest, case_id: IdIn, window: Window) -> Any:
    """Oldest first: what came in, our answers, our notes."""
    said = CaseMessage.objects.filter(case=_one(request, case_id))
    return page_of(said, window, order=("at", "id"), show=_messages)


@router.post("/{case_id}/messages", auth=WRITE, response={201: MessageOut}, summary="Answer, or write a note")
def add_case_message(request: ApiRequest, case_id: IdIn, given: MessageIn) -> Any:
    case = _one(request, case_id)
    if given.kind == "note":
        said = services.write_note(case=case, text=given.text, by=request.user)
    else:
        said = services.answer_case(case=case, text=given.text, by=request.user, then=State(given.then))
    return Status(201, _messages([said])[0])


@router.post("/{case_id}/solve", auth=WRITE, response=CaseOut, summary="Solve a case")
def solve_case(request: ApiRequest, case_id: IdIn) -> Any:
    """Twice changes nothing."""
    services.solve_case(case=_one(request, case_id), by=request.user)
    return _shown([_one(request, case_id)])[0]


def _one(request: ApiRequest, case_id: str) -> Case:
    case = Case.objects.visible_to(request.membership).filter(pk=number_of(case_id)).first()
    if case is None:
        raise Http404
    return case


def _shown(cases: Sequence[Case]) -> list[dict[str, Any]]:
    return [
        {
            "id": case.pk,
            "priority": Priority(case.priority).name.lower(),
            **{name: getattr(case, name) for name in _KEPT},
        }
        for case in cases
    ]


_KEPT = (
    *("number", "subject", "contact_id", "state", "channel", "assignee_id", "opened_at", "first_reply_at"),
    *("last_message_at", "waiting_since", "solved_at"),
)
_KINDS = {Direction.IN: "message", Direction.OUT: "answer", Direction.NOTE: "note"}


def _messages(said: Sequence[CaseMessage]) -> list[dict[str, Any]]:
    kept = ("text", "sender_name", "sender_address", "author_id", "at")
    return [
        {"id": each.pk, "kind": _KINDS[Direction(each.direction)], **{name: getattr(each, name) for name in kept}}
        for each in said
    ]
