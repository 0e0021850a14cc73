"""``/duplicates``: pairs of people who may be one, and what was decided about them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field

from contacts.api import reading
from contacts.duplicates import services
from contacts.duplicates.reasons import in_words
from contacts.models import DuplicatePair
from ecrm.api.access import ApiRequest, needs
from ecrm.api.paging import PageOut, Window, page_of
from ecrm.api.problems import Problem
from ecrm.api.schemas import Id, IdIn, Whole, number_of
from ecrm.api.scopes import Scope

router = Router()
READ, WRITE = needs(Scope.CONTACTS_READ), needs(Scope.CONTACTS_WRITE)
StateName = Literal["open", "merged", "apart"]
assert set(StateName.__args__) == set(DuplicatePair.State.values)  # type: ignore[attr-defined]


class PairFilters(Schema):
    state: StateName = "open"
    contact_id: IdIn | None = None
    least_score: Annotated[Whole, Field(ge=0, le=100)] = 0


class PersonOut(Schema):
    id: Id
    name: str


class PairOut(Schema):
    """``score`` is 0 to 100. ``state`` `apart`: somebody said that they are two people."""

    id: Id
    older: PersonOut
    newer: PersonOut
    score: int
    reasons: list[str]
    because: list[str]
    state: str
    found_at: datetime
    decided_at: datetime | None


@router.get("", auth=READ, response=PageOut[PairOut], summary="List possible duplicates")
def list_duplicates(request: ApiRequest, asked: Annotated[PairFilters, Query()], window: Window) -> Any:
    """The surest first. To make one of them, see merges."""
    pairs = _seen(request).filter(state=asked.state, score__gte=asked.least_score)
    if asked.state == "open":
        pairs = pairs.filter(first__binned_at=None, second__binned_at=None)
    if asked.contact_id:
        contact_id = number_of(asked.contact_id)
        pairs = pairs.filter(first=contact_id) | pairs.filter(second=contact_id)
    return page_of(pairs.select_related("first", "second"), window, order=("-score", "-id"), show=_shown)


@router.get("/{pair_id}", auth=READ, response=PairOut, summary="Read a possible duplicate")
def read_duplicate(request: ApiRequest, pair_id: IdIn) -> Any:
    return _shown([_one(request, pair_id)])[0]


@router.post("/{pair_id}/dismiss", auth=WRITE, response=PairOut, summary="Say that they are two people")
def dismiss_duplicate(request: ApiRequest, pair_id: IdIn) -> Any:
    """Nobody is asked again. Twice changes nothing; a pair that was merged is a conflict (409)."""
    return _decided(request, pair_id, services.dismiss_pair)


@router.post("/{pair_id}/reopen", auth=WRITE, response=PairOut, summary="Look at a pair again")
def reopen_duplicate(request: ApiRequest, pair_id: IdIn) -> Any:
    """Takes a dismissal back. A pair that was merged is a conflict (409): undo the merge."""
    return _decided(request, pair_id, services.reopen_pair)


def _decided(request: ApiRequest, pair_id: str, decide: Any) -> dict[str, Any]:
    pair = _one(request, pair_id)
    if pair.state == DuplicatePair.State.MERGED:
        raise Problem(409, _("These were merged. Undo the merge first."))
    decide(pair=pair, by=request.user)
    return _shown([_one(request, pair_id)])[0]


def _seen(request: ApiRequest) -> QuerySet[DuplicatePair]:
    people = reading.visible(request)
    both = (Exists(people.filter(pk=OuterRef(side))) for side in ("first_id", "second_id"))
    return DuplicatePair.objects.filter(*both)


def _one(request: ApiRequest, pair_id: str) -> DuplicatePair:
    pair = _seen(request).select_related("first", "second").filter(pk=number_of(pair_id)).first()
    if pair is None:
        raise Http404
    return pair


def _shown(pairs: Sequence[DuplicatePair]) -> list[dict[str, Any]]:
    return [_pair(pair) for pair in pairs]


def _pair(pair: DuplicatePair) -> dict[str, Any]:
    older, newer = sorted((pair.first, pair.second), key=lambda person: (person.created_at, person.pk))
    plain = ("score", "reasons", "state", "found_at", "decided_at")
    return {
        "id": pair.pk,
        "older": {"id": older.pk, "name": older.name},
        "newer": {"id": newer.pk, "name": newer.name},
        "because": in_words(pair.reasons),
        **{name: getattr(pair, name) for name in plain},
    }
