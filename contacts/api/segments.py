"""``/segments``: read, create, change, archive and count them, and what rules can ask."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import Http404
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema, Status
from pydantic import Field

from contacts import criteria
from contacts.api import filtering, reading, rule_words
from contacts.criteria import Criterion, Input, Operator
from contacts.models import Segment
from contacts.segments import askable, counting, lists, services, tree
from contacts.segments.counting import TooSlow
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
    name: Annotated[Text, Field(max_length=120, description="As it is written, of one segment.")] = ""
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
    """``kind`` is `rule`, or `static`: its people are named by hand. ``calculated_at`` is the instant the
    members stand for, null before the first calculation. In ``rule``, a condition that the token may not ask is
    `{"criterion": "hidden"}`.
    """

    id: Id
    name: str
    description: str
    kind: str
    member_count: int
    rule: dict[str, Any]
    calculated_at: datetime | None
    broken_reason: str
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None

    @staticmethod
    def resolve_rule(found: Segment, context: Any) -> dict[str, Any]:
        rule: dict[str, Any] = askable.shown(found.rule, context["request"].grant.reaches)
        return rule


class StaticIn(In):
    """``contact_ids`` are put on its list; more come with `/segments/{segment_id}/people`, or by an import."""

    name: Name
    description: Annotated[Text, Field(max_length=300)] = ""
    contact_ids: Annotated[list[IdIn], Field(max_length=1000)] = []


class CountIn(In):
    rule: dict[str, Any]


class PartCountOut(Schema):
    """``place`` of a part of the rule ("2.0"), and how many people meet it on its own."""

    place: str
    count: int


class LeftOut(Schema):
    """How many are left after this part of the rule's root and all before it."""

    place: str
    left: int


class CountOut(Schema):
    everybody: int
    total: int
    drop_off: list[LeftOut]
    alone: list[PartCountOut]


class InputOut(Schema):
    """One thing an operator asks for; ``kind`` as a form would show it."""

    name: str
    kind: str
    label: str


class OperatorOut(Schema):
    """Without ``inputs`` a condition has no value, with one its bare value, with several an object by name."""

    key: str
    label: str
    inputs: list[InputOut]
    extras: list[InputOut]


class CriterionOut(Schema):
    key: str
    label: str
    group: str
    operators: list[OperatorOut]


@router.get("", auth=READ, response=PageOut[SegmentOut], summary="List segments")
def list_segments(request: ApiRequest, asked: Annotated[SegmentFilters, Query()], window: Window) -> Any:
    segments = Segment.objects.filter(archived_at__isnull=asked.state == "live")
    if asked.name:
        segments = segments.filter(name=" ".join(asked.name.split()))
    if asked.updated_since:
        segments = segments.filter(updated_at__gte=asked.updated_since)
    return page_of(segments, window, order=("name", "id"), show=list)


@router.post("", auth=WRITE, response={201: SegmentOut}, summary="Create a segment")
def create_segment(request: ApiRequest, given: SegmentIn) -> Any:
    """Its members are calculated soon (``calculated_at``)."""
    return Status(201, _create(request, given))


@router.post(
    "/upsert", auth=WRITE, response={200: SegmentOut, 201: SegmentOut}, summary="Create or change the segment of a name"
)
def upsert_segment(request: ApiRequest, given: SegmentIn) -> Any:
    """Finds the live one of this name and gives it the rule (and the description, if there is one); else creates it.

    A segment by hand has no rule to change (422). The same again changes nothing.
    """
    name = " ".join(given.name.split())
    found = Segment.objects.filter(name=name, archived_at=None).first()
    if found is None:
        return Status(201, _create(request, given))
    with _rule_problems(request, given.rule, stored=found.rule):
        services.change_rule(segment=found, rule=given.rule, by=request.user)
    if "description" in given.model_fields_set:
        services.rename_segment(segment=found, name=name, description=given.description, by=request.user)
    return Status(200, one(str(found.pk)))


@router.post("/static", auth=WRITE, response={201: SegmentOut}, summary="Create a segment by hand")
def create_static_segment(request: ApiRequest, given: StaticIn) -> Any:
    """Nobody enters or leaves it by themselves. Needs `contacts:read` too."""
    request.grant.check(Scope.CONTACTS_READ)
    people = reading.seen_ids(request, given.contact_ids)
    made = lists.create_static(name=given.name, description=given.description, people=people, by=request.user)
    return Status(201, one(str(made.pk)))


@router.post("/count", auth=READ, response=CountOut, summary="Count whom a rule finds")
def count_segment(request: ApiRequest, given: CountIn) -> Any:
    """How many people of the whole workspace, and what each condition keeps. Nothing is kept."""
    filtering.read_rule(request, given.rule)
    try:
        found = counting.drop_off(given.rule)
    except TooSlow as error:
        raise Problem(503, _("This rule takes too long to answer.")) from error
    return {
        "everybody": found.everybody,
        "total": found.total,
        "drop_off": [{"place": place, "left": left} for place, left in found.left.items()],
        "alone": [{"place": place, "count": count} for place, count in found.alone.items()],
    }


@router.get("/criteria", auth=READ, response=list[CriterionOut], summary="List what rules can ask")
def list_criteria(request: ApiRequest) -> Any:
    """For rules of segments and for `where`: the criteria that the token may ask about, by group."""
    may = request.grant.reaches
    known = (one for one in criteria.every() if one.is_offered and (one.capability is None or may(one.capability)))
    return [_criterion(one) for one in known]


@router.post("/{segment_id}/restore", auth=WRITE, response=SegmentOut, summary="Take a segment into use again")
def restore_segment(request: ApiRequest, segment_id: IdIn) -> Any:
    """Twice changes nothing."""
    segment = one(segment_id)
    if segment.archived_at is not None:
        services.restore_segment(segment=segment, by=request.user)
    return one(segment_id)


@router.patch("/{segment_id}", auth=WRITE, response=SegmentOut, summary="Change a segment")
def change_segment(request: ApiRequest, segment_id: IdIn, given: SegmentChangesIn) -> Any:
    """Changes the fields given and leaves the others. An archived one is a conflict (409)."""
    segment, told = _unarchived(segment_id), given.model_fields_set
    if "rule" in told:
        with _rule_problems(request, given.rule, stored=segment.rule):
            services.change_rule(segment=segment, rule=given.rule, by=request.user)
    name = given.name if "name" in told else segment.name
    description = given.description if "description" in told else None
    services.rename_segment(segment=segment, name=name, description=description, by=request.user)
    return one(segment_id)


@router.delete("/{segment_id}", auth=WRITE, response={204: None}, summary="Archive a segment")
def delete_segment(request: ApiRequest, segment_id: IdIn) -> Any:
    """Takes it out of use; its members stay as a record. Twice changes nothing."""
    services.archive_segment(segment=one(segment_id), by=request.user)
    return Status(204, None)


@router.get("/{segment_id}", auth=READ, response=SegmentOut, summary="Read a segment")
def read_segment(request: ApiRequest, segment_id: IdIn) -> Any:
    return one(segment_id)


def _create(request: ApiRequest, given: SegmentIn) -> Segment:
    with _rule_problems(request, given.rule):
        return services.create_segment(name=given.name, rule=given.rule, description=given.description, by=request.user)


@contextmanager
def _rule_problems(request: ApiRequest, rule: Any, *, stored: Any = None) -> Iterator[None]:
    try:
        if rule is not None:
            rule_words.judge(rule, stored=stored)
            filtering.refuse_hidden(request, tree.parse(rule))
        yield
    except InvalidRule as error:
        raise filtering.of_rule(error, rule, "rule") from error


def _unarchived(segment_id: str) -> Segment:
    segment = one(segment_id)
    if segment.archived_at is not None:
        raise Problem(409, _("This segment is archived."))
    return segment


def one(segment_id: str) -> Segment:
    segment = Segment.objects.filter(pk=number_of(segment_id)).first()
    if segment is None:
        raise Http404
    return segment


def _criterion(found: Criterion) -> dict[str, Any]:
    return {
        "key": found.key,
        "label": str(found.label),
        "group": found.group,
        "operators": [_operator(operator) for operator in found.operators],
    }


def _operator(found: Operator) -> dict[str, Any]:
    return {
        "key": found.key,
        "label": str(found.label),
        "inputs": [_input(each) for each in found.inputs],
        "extras": [_input(each) for each in found.extras],
    }


def _input(found: Input) -> dict[str, Any]:
    return {"name": found.name, "kind": found.kind, "label": str(found.label)}
