"""``/segments/…``: who is in, who came and left and why, and why one person is in or out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field

from contacts.api import reading, rows
from contacts.api.segments import READ, WRITE, one
from contacts.criteria import Scope as Reading
from contacts.criteria import Unanswerable
from contacts.models import SegmentMembership
from contacts.models.segments import SegmentKind
from contacts.segments import counting, lists, membership, story
from contacts.segments import overlap as overlapping
from contacts.segments.counting import Finding, TooSlow
from contacts.segments.story import Period, Words
from contacts.segments.tree import InvalidRule
from ecrm.api.access import ApiRequest
from ecrm.api.paging import PageOut, Window, page_of
from ecrm.api.problems import Problem, invalid
from ecrm.api.schemas import DayIn, Id, IdIn, In, InstantIn
from ecrm.api.scopes import Scope

router = Router()
Side = Literal["entered", "left"]
Ids = Annotated[list[IdIn], Field(max_length=rows.MOST)]


class MemberFilters(Schema):
    at: Annotated[InstantIn | None, Field(description="Who was in at this instant, in the bin since or not.")] = None


class HistoryFilters(Schema):
    """``since`` inclusive, ``until`` exclusive."""

    side: Annotated[Side, Field(description="Who came, or who left.")] = "entered"
    since: InstantIn | None = None
    until: InstantIn | None = None


class DaysFilters(Schema):
    """Days of the workspace, both included; left out, the last 30."""

    first: DayIn | None = None
    last: DayIn | None = None


class PeopleIn(In):
    """Ids of contacts to put on the list and to take off it."""

    add: Ids = []
    remove: Ids = []


class PeopleOut(Schema):
    """How many came and left. Who is not seen, or was there (or not) already, does not count."""

    added: int
    removed: int


class MemberOut(Schema):
    contact_id: Id
    name: str
    entered_at: datetime


class StayOut(Schema):
    """From entering to leaving, with the condition (or the act) that moved the person; empty where nobody noted it."""

    contact_id: Id
    name: str
    entered_at: datetime
    entered_because: str
    left_at: datetime | None
    left_because: str


class ReasonOut(Schema):
    because: str
    entered: int
    left: int


class GrowthOut(Schema):
    """Of the days ``first`` to ``last``: members before and after, and why people came and left."""

    first: date
    last: date
    members_before: int
    members_after: int
    entered: int
    left: int
    reasons: list[ReasonOut]


class OverlapOut(Schema):
    """``both`` people are in the two, ``only_here`` in the segment asked about and not in this one."""

    segment_id: Id
    name: str
    both: int
    only_here: int


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
    """``is_in`` and ``finding`` are as of now, ``last_stay`` as last calculated."""

    is_in: bool
    finding: FindingOut
    last_stay: StayOut | None


@router.get("/{segment_id}/members", auth=READ, response=PageOut[MemberOut], summary="List a segment's members")
def list_segment_members(
    request: ApiRequest, segment_id: IdIn, asked: Annotated[MemberFilters, Query()], window: Window
) -> Any:
    """Those who came last first, as of ``calculated_at``, or who was in at an instant."""
    request.grant.check(Scope.CONTACTS_READ)
    segment, seen = one(segment_id), reading.visible(request).filter(pk=OuterRef("contact_id"))
    if asked.at:
        stays = membership.stays_at(segment, asked.at).filter(Exists(seen))
    else:
        stays = SegmentMembership.objects.filter(Exists(seen.unbinned()), segment=segment, left_at=None)
    return page_of(stays.select_related("contact"), window, order=("-entered_at", "-id"), show=_members)


@router.post("/{segment_id}/people", auth=WRITE, response=PeopleOut, summary="Put people on a list, take them off")
def change_segment_people(request: ApiRequest, segment_id: IdIn, given: PeopleIn) -> Any:
    """Of a static segment; they are members within seconds. One that has a rule is a conflict (409)."""
    request.grant.check(Scope.CONTACTS_READ)
    segment = one(segment_id)
    if segment.kind != SegmentKind.STATIC or segment.archived_at is not None:
        raise Problem(409, _("Only segments by hand that are in use have a list."))
    added = reading.seen_ids(request, given.add)
    removed = reading.seen_ids(request, given.remove)
    return {
        "added": lists.add_people(segment=segment, people=added, by=request.user),
        "removed": len(lists.remove_people(segment=segment, people=removed, by=request.user)),
    }


@router.get("/{segment_id}/history", auth=READ, response=PageOut[StayOut], summary="Read who came and left, and why")
def list_segment_history(
    request: ApiRequest, segment_id: IdIn, asked: Annotated[HistoryFilters, Query()], window: Window
) -> Any:
    """The latest first."""
    request.grant.check(Scope.CONTACTS_READ)
    segment = one(segment_id)
    words = Words(segment, request.grant.reaches)
    stays = _moves(request, asked).filter(segment=segment)
    order = (f"-{asked.side}_at", "-id")
    return page_of(stays, window, order=order, show=lambda found: [_stay(stay, words) for stay in found])


@router.get("/{segment_id}/growth", auth=READ, response=GrowthOut, summary="Read how a segment grew")
def read_segment_growth(request: ApiRequest, segment_id: IdIn, asked: Annotated[DaysFilters, Query()]) -> Any:
    """Of everybody, whoever sees them; at most two years."""
    segment = one(segment_id)
    with timezone.override(request.tenant.time_zone):
        told = story.story(segment, _period(asked), Words(segment, request.grant.reaches))
    return {
        "first": told.period.first,
        "last": told.period.last,
        "members_before": told.at_start,
        "members_after": told.at_end,
        "entered": told.entered,
        "left": told.left,
        "reasons": [{"because": each.words, "entered": each.entered, "left": each.left} for each in told.reasons],
    }


@router.get("/{segment_id}/overlap", auth=READ, response=list[OverlapOut], summary="Read what segments share")
def read_segment_overlap(request: ApiRequest, segment_id: IdIn) -> Any:
    """The fifty live ones that share most members with this one, of everybody, whoever sees them."""
    found = overlapping.overlap(one(segment_id))
    if found is None:
        raise Problem(503, _("This takes too long to count just now. Ask again later."))
    return [
        {"segment_id": each.other.pk, "name": each.other.name, "both": each.both, "only_here": each.alone}
        for each in found
    ]


@router.get(
    "/{segment_id}/explain/{contact_id}", auth=READ, response=ExplainedOut, summary="Explain a person in a segment"
)
def explain_segment(request: ApiRequest, segment_id: IdIn, contact_id: IdIn) -> Any:
    """Why this person is in or out, as of now."""
    request.grant.check(Scope.CONTACTS_READ)
    segment, contact = one(segment_id), reading.bare(request, contact_id)
    may = request.grant.reaches
    try:
        finding = counting.explain(segment.rule, contact, scope=Reading.current(), may=may)
    except (InvalidRule, Unanswerable) as error:
        raise Problem(409, str(error)) from error
    except TooSlow as error:
        raise Problem(503, _("This rule takes too long to answer.")) from error
    stays = SegmentMembership.objects.filter(segment=segment, contact=contact).select_related("contact")
    stay = stays.order_by("-entered_at", "-id").first()
    return {
        "is_in": finding.holds and contact.binned_at is None,
        "finding": _told(finding),
        "last_stay": _stay(stay, Words(segment, may)) if stay else None,
    }


def _moves(request: ApiRequest, asked: HistoryFilters) -> QuerySet[SegmentMembership]:
    seen = reading.visible(request).filter(pk=OuterRef("contact_id"))
    stays = SegmentMembership.objects.filter(Exists(seen), **{f"{asked.side}_at__isnull": False})
    if asked.since:
        stays = stays.filter(**{f"{asked.side}_at__gte": asked.since})
    if asked.until:
        stays = stays.filter(**{f"{asked.side}_at__lt": asked.until})
    return stays.select_related("contact")


def _period(asked: DaysFilters) -> Period:
    if asked.first and asked.last and asked.first > asked.last:
        words = _("The first day comes after the last.")
        raise invalid(words, first=words)
    return story.period_of(*(day.isoformat() if day else "" for day in (asked.first, asked.last)))


def _members(stays: Sequence[SegmentMembership]) -> list[dict[str, Any]]:
    return [{"contact_id": stay.contact_id, "name": stay.contact.name, "entered_at": stay.entered_at} for stay in stays]


def _stay(stay: SegmentMembership, words: Words) -> dict[str, Any]:
    return {
        **_members([stay])[0],
        "entered_because": words.of(stay, "entered"),
        "left_at": stay.left_at,
        "left_because": words.of(stay, "left"),
    }


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
