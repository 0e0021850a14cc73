"""``/segments``: read them, their members, and why a person is in or out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any, Literal

from django.db.models import Exists, OuterRef
from django.http import Http404
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema, Status
from pydantic import Field

from contacts.api import reading
from contacts.criteria import Scope as Reading
from contacts.criteria import Unanswerable
from contacts.models import Segment, SegmentMembership
from contacts.segments import counting, services
from contacts.segments.counting import Finding, TooSlow
from contacts.segments.tree import InvalidRule
from ecrm.api.access import ApiRequest, needs
from ecrm.api.paging import PageOut, Window, page_of
from ecrm.api.problems import Problem
from ecrm.api.schemas import Id, IdIn, In, InstantIn, Text, number_of
from ecrm.api.scopes import Scope

router = Router()
READ, WRITE = needs(Scope.SEGMENTS_READ), needs(Scope.SEGMENTS_WRITE)
Name = Annotated[Text, Field(pattern=r"\S", max_length=120)]


class SegmentFilters(Schema):
    state: Literal["live", "archived"] = "live"
    updated_since: Annotated[InstantIn | None, Field(description="Changed then or later.")] = None


class SegmentIn(In):
    """``rule`` as another segment shows it."""

    name: Name
    rule: dict[str, Any]
    description: Annotated[Text, Field(max_length=300)] = ""


class SegmentChangesIn(In):
    """Only what is given changes."""

    name: Name = ""
    rule: dict[str, Any] = {}
    description: Annotated[Text, Field(max_length=300)] = ""


class SegmentOut(Schema):
    """``calculated_at`` is the instant the members stand for; null before the first calculation."""

    id: Id
    name: str
    description: str
    member_count: int
    rule: dict[str, Any]
    calculated_at: datetime | None
    broken_reason: str
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None


class MemberOut(Schema):
    contact_id: Id
    name: str
    entered_at: datetime


class FindingOut(Schema):
    """A part of the rule for this person. ``value`` is what decided it, empty where the reader may not see it.

    ``kind`` of a group is all, any or none, and of a condition empty.
    """

    holds: bool
    is_wanted: bool
    matters: bool
    kind: str
    sentence: str
    value: str
    parts: list[FindingOut]


class ExplainedOut(Schema):
    is_in: bool
    finding: FindingOut


@router.get("", auth=READ, response=PageOut[SegmentOut], summary="List segments")
def list_segments(request: ApiRequest, asked: Annotated[SegmentFilters, Query()], window: Window) -> Any:
    segments = Segment.objects.filter(archived_at__isnull=asked.state == "live")
    if asked.updated_since:
        segments = segments.filter(updated_at__gte=asked.updated_since)
    return page_of(segments, window, order=("name", "id"), show=list)


@router.post("", auth=WRITE, response={201: SegmentOut}, summary="Create a segment")
def create_segment(request: ApiRequest, given: SegmentIn) -> Any:
    """Its members are calculated soon (``calculated_at``)."""
    with _rule_problems():
        made = services.create_segment(name=given.name, rule=given.rule, description=given.description, by=request.user)
    return Status(201, made)


@router.patch("/{segment_id}", auth=WRITE, response=SegmentOut, summary="Change a segment")
def change_segment(request: ApiRequest, segment_id: IdIn, given: SegmentChangesIn) -> Any:
    """Changes the fields given and leaves the others. An archived one is a conflict (409)."""
    segment, told = _unarchived(segment_id), given.model_fields_set
    with _rule_problems():
        if "rule" in told:
            services.change_rule(segment=segment, rule=given.rule, by=request.user)
    name = given.name if "name" in told else segment.name
    description = given.description if "description" in told else None
    services.rename_segment(segment=segment, name=name, description=description, by=request.user)
    return _one(segment_id)


@router.delete("/{segment_id}", auth=WRITE, response={204: None}, summary="Archive a segment")
def delete_segment(request: ApiRequest, segment_id: IdIn) -> Any:
    """Takes it out of use; its members stay as a record. Twice changes nothing."""
    services.archive_segment(segment=_one(segment_id), by=request.user)
    return Status(204, None)


@router.get("/{segment_id}", auth=READ, response=SegmentOut, summary="Read a segment")
def read_segment(request: ApiRequest, segment_id: IdIn) -> Any:
    return _one(segment_id)


@router.get("/{segment_id}/members", auth=READ, response=PageOut[MemberOut], summary="List a segment's members")
def list_segment_members(request: ApiRequest, segment_id: IdIn, window: Window) -> Any:
    """Those who came last first, as of ``calculated_at``."""
    request.grant.check(Scope.CONTACTS_READ)
    seen = reading.visible(request).unbinned().filter(pk=OuterRef("contact_id"))
    stays = SegmentMembership.objects.filter(Exists(seen), segment=_one(segment_id), left_at=None)
    return page_of(stays.select_related("contact"), window, order=("-entered_at", "-id"), show=_members)


@router.get(
    "/{segment_id}/explain/{contact_id}", auth=READ, response=ExplainedOut, summary="Explain a person in a segment"
)
def explain_segment(request: ApiRequest, segment_id: IdIn, contact_id: IdIn) -> Any:
    """Why this person is in or out, as of now."""
    request.grant.check(Scope.CONTACTS_READ)
    segment, contact = _one(segment_id), reading.one(request, contact_id)
    try:
        finding = counting.explain(segment.rule, contact, scope=Reading.current(), may=request.membership.may)
    except (InvalidRule, Unanswerable) as error:
        raise Problem(409, str(error)) from error
    except TooSlow as error:
        raise Problem(503, _("This rule takes too long to answer.")) from error
    return {"is_in": finding.holds and contact.binned_at is None, "finding": _told(finding)}


@contextmanager
def _rule_problems() -> Iterator[None]:
    try:
        yield
    except InvalidRule as error:
        raise Problem(422, str(error), (("rule", str(error)),)) from error


def _unarchived(segment_id: str) -> Segment:
    segment = _one(segment_id)
    if segment.archived_at is not None:
        raise Problem(409, _("This segment is archived."))
    return segment


def _one(segment_id: str) -> Segment:
    segment = Segment.objects.filter(pk=number_of(segment_id)).first()
    if segment is None:
        raise Http404
    return segment


def _members(stays: Sequence[SegmentMembership]) -> list[dict[str, Any]]:
    return [{"contact_id": stay.contact_id, "name": stay.contact.name, "entered_at": stay.entered_at} for stay in stays]


def _told(finding: Finding) -> dict[str, Any]:
    return {
        "holds": finding.holds,
        "is_wanted": finding.is_wanted,
        "matters": finding.matters,
        "kind": finding.kind,
        "sentence": finding.sentence,
        "value": finding.value,
        "parts": [_told(part) for part in finding.parts],
    }
