"""``/merges``: two people become one, and two again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal

from django.db.models import Exists, OuterRef
from django.http import Http404
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema, Status
from pydantic import Field

from contacts.api import reading
from contacts.merge import comparing, services
from contacts.merge.choices import FIELDS, PRIMARY
from contacts.models import Merge
from ecrm.api.access import ApiRequest, needs
from ecrm.api.paging import PageOut, Window, page_of
from ecrm.api.problems import Problem, invalid
from ecrm.api.schemas import Id, IdIn, In, number_of
from ecrm.api.scopes import Scope

router = Router()
READ, WRITE = needs(Scope.CONTACTS_READ), needs(Scope.CONTACTS_WRITE)
Whose = Literal["winner", "loser"]
KEYS = (*FIELDS, *PRIMARY)


class MergeFilters(Schema):
    contact_id: Annotated[IdIn | None, Field(description="Merges that this contact won.")] = None
    state: Annotated[Literal["live", "undone"] | None, Field(description="Left out: both.")] = None


class PairIn(In):
    """The winner is kept, the loser becomes part of it."""

    winner_id: IdIn
    loser_id: IdIn


class MergeIn(PairIn):
    """``choices`` say whose value a field has: `{"city": "loser"}`. Left out: the winner's, or the loser's
    where that is empty. Lists of both are kept; `email` and `phone` choose the primary ones.
    """

    choices: Annotated[dict[str, Whose], Field(max_length=50)] = {}


class MergeOut(Schema):
    """``survivor_id`` stands for the loser now: the winner, or whoever it was merged into since."""

    id: Id
    winner_id: Id
    loser_id: Id
    survivor_id: Id
    rule: str
    merged_at: datetime
    undone_at: datetime | None


class LineOut(Schema):
    """One field of both, and whose value a merge would keep."""

    field: str
    label: str
    winner: str
    loser: str
    keeps: Whose


class UnionOut(Schema):
    """A list of which both sides are kept."""

    label: str
    winner: list[str]
    loser: list[str]


class PreviewOut(Schema):
    fields: list[LineOut]
    lists: list[UnionOut]


@router.get("", auth=READ, response=PageOut[MergeOut], summary="List merges")
def list_merges(request: ApiRequest, asked: Annotated[MergeFilters, Query()], window: Window) -> Any:
    """The latest first."""
    merges = Merge.objects.filter(Exists(reading.visible(request).filter(pk=OuterRef("winner_id"))))
    if asked.contact_id:
        merges = merges.filter(winner=number_of(asked.contact_id))
    if asked.state:
        merges = merges.filter(undone_at__isnull=asked.state == "live")
    return page_of(merges.defer("snapshot"), window, order=("-id",), show=list)


@router.post("/preview", auth=READ, response=PreviewOut, summary="Preview a merge")
def preview_merge(request: ApiRequest, given: MergeIn) -> Any:
    """The two side by side, and what a merge would keep. Nothing is changed."""
    winner, loser = _both(request, given)
    choices = _choices(given, winner.pk, loser.pk)
    lines = comparing.lines(winner, loser, choices, request.membership)
    return shown(lines, comparing.unions(winner, loser))


@router.post("", auth=WRITE, response={201: MergeOut}, summary="Merge two contacts")
def create_merge(request: ApiRequest, given: MergeIn) -> Any:
    """Everything of the loser moves to the winner; its id leads to the winner from now on. Can be undone."""
    winner, loser = _both(request, given)
    choices = _choices(given, winner.pk, loser.pk)
    return Status(201, services.merge_contacts(winner=winner, loser=loser, by=request.user, choices=choices))


@router.get("/{merge_id}", auth=READ, response=MergeOut, summary="Read a merge")
def read_merge(request: ApiRequest, merge_id: IdIn) -> Any:
    return _one(request, merge_id)


@router.post("/{merge_id}/undo", auth=WRITE, response=MergeOut, summary="Undo a merge")
def undo_merge(request: ApiRequest, merge_id: IdIn) -> Any:
    """Both are there again, what came for the loser meanwhile is theirs. Twice changes nothing."""
    merge = _one(request, merge_id)
    services.undo_merge(merge=merge, by=request.user)
    return _one(request, merge_id)


def shown(lines: Iterable[comparing.Line], unions: Iterable[comparing.Union]) -> dict[str, Any]:
    """As ``PreviewOut`` has them."""
    return {
        "fields": [
            {
                "field": line.name,
                "label": line.label,
                "winner": line.mine,
                "loser": line.theirs,
                "keeps": "loser" if line.takes_other else "winner",
            }
            for line in lines
        ],
        "lists": [{"label": str(union.label), "winner": union.mine, "loser": union.theirs} for union in unions],
    }


def _both(request: ApiRequest, given: PairIn) -> tuple[Any, Any]:
    winner_id, loser_id = number_of(given.winner_id), number_of(given.loser_id)
    if winner_id == loser_id:
        words = _("This is the same contact twice. Choose another one.")
        raise invalid(words, loser_id=words)
    found = comparing.people([winner_id, loser_id], reading.visible(request))
    for name, pk in (("winner_id", winner_id), ("loser_id", loser_id)):
        if pk not in found:
            words = _("There is no such contact, or it is in the bin or was merged already.")
            raise Problem(409, words, ((name, words),))
    return found[winner_id], found[loser_id]


def _choices(given: MergeIn, winner_id: int, loser_id: int) -> dict[str, int]:
    for name in given.choices:
        if name not in KEYS:
            words = _("Choose from these fields: %(fields)s.") % {"fields": ", ".join(KEYS)}
            raise invalid(words, **{f"choices.{name}": words})
    return {name: winner_id if whose == "winner" else loser_id for name, whose in given.choices.items()}


def _one(request: ApiRequest, merge_id: str) -> Merge:
    seen = Exists(reading.visible(request).filter(pk=OuterRef("winner_id")))
    merge = Merge.objects.filter(seen, pk=number_of(merge_id)).first()
    if merge is None:
        raise Http404
    return merge
