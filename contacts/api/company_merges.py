"""``/company-merges``: two companies become one, and two again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.db.models import Exists, OuterRef
from django.http import Http404
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema, Status
from pydantic import Field

from contacts.api.merges import PreviewOut, Whose, shown
from contacts.companies.merge import comparing, services
from contacts.fields.reading import of, prefixed
from contacts.models import Company, CompanyMerge, CustomField
from contacts.services.companies import COMPANY_FIELDS
from ecrm.api.access import ApiRequest, needs
from ecrm.api.paging import PageOut, Window, page_of
from ecrm.api.problems import Problem, invalid
from ecrm.api.schemas import Id, IdIn, In, number_of
from ecrm.api.scopes import Scope

router = Router()
READ, WRITE = needs(Scope.CONTACTS_READ), needs(Scope.CONTACTS_WRITE)


class CompanyMergeFilters(Schema):
    company_id: Annotated[IdIn | None, Field(description="Merges that this company won.")] = None
    state: Annotated[Literal["live", "undone"] | None, Field(description="Left out: both.")] = None


class CompanyMergeIn(In):
    """The winner is kept, the loser becomes part of it. ``choices`` say whose value a field has:
    `{"city": "loser"}`, custom fields as `f:<key>`. Left out: the winner's, or the loser's where that is empty.
    Domains and people of both are kept.
    """

    winner_id: IdIn
    loser_id: IdIn
    choices: Annotated[dict[str, Whose], Field(max_length=50)] = {}


class CompanyMergeOut(Schema):
    """``survivor_id`` stands for the loser now: the winner, or what that was merged into since."""

    id: Id
    winner_id: Id
    loser_id: Id
    survivor_id: Id
    merged_at: datetime
    undone_at: datetime | None


@router.get("", auth=READ, response=PageOut[CompanyMergeOut], summary="List merges of companies")
def list_company_merges(request: ApiRequest, asked: Annotated[CompanyMergeFilters, Query()], window: Window) -> Any:
    """The latest first."""
    merges = CompanyMerge.objects.filter(Exists(_visible(request).filter(pk=OuterRef("winner_id"))))
    if asked.company_id:
        merges = merges.filter(winner=number_of(asked.company_id))
    if asked.state:
        merges = merges.filter(undone_at__isnull=asked.state == "live")
    return page_of(merges.defer("snapshot"), window, order=("-id",), show=list)


@router.post("/preview", auth=READ, response=PreviewOut, summary="Preview a merge of companies")
def preview_company_merge(request: ApiRequest, given: CompanyMergeIn) -> Any:
    """The two side by side, and what a merge would keep. Nothing is changed."""
    winner, loser = _both(request, given)
    lines = comparing.lines(winner, loser, _choices(request, given), request.membership)
    return shown(lines, comparing.unions(winner, loser))


@router.post("", auth=WRITE, response={201: CompanyMergeOut}, summary="Merge two companies")
def create_company_merge(request: ApiRequest, given: CompanyMergeIn) -> Any:
    """People and domains of the loser move to the winner; its id and its name lead there from now on. Can be undone."""
    winner, loser = _both(request, given)
    choices = _choices(request, given)
    return Status(201, services.merge_companies(winner=winner, loser=loser, by=request.user, choices=choices))


@router.get("/{merge_id}", auth=READ, response=CompanyMergeOut, summary="Read a merge of companies")
def read_company_merge(request: ApiRequest, merge_id: IdIn) -> Any:
    return _one(request, merge_id)


@router.post("/{merge_id}/undo", auth=WRITE, response=CompanyMergeOut, summary="Undo a merge of companies")
def undo_company_merge(request: ApiRequest, merge_id: IdIn) -> Any:
    """Both are there again, each with its people. Twice changes nothing."""
    services.undo_merge(merge=_one(request, merge_id), by=request.user)
    return _one(request, merge_id)


def _visible(request: ApiRequest) -> Any:
    return Company.objects.visible_to(request.membership)


def _both(request: ApiRequest, given: CompanyMergeIn) -> tuple[Company, Company]:
    winner_id, loser_id = number_of(given.winner_id), number_of(given.loser_id)
    if winner_id == loser_id:
        words = _("This is the same company twice. Choose another one.")
        raise invalid(words, loser_id=words)
    found = comparing.both([winner_id, loser_id], _visible(request))
    for name, pk in (("winner_id", winner_id), ("loser_id", loser_id)):
        if pk not in found:
            words = _("There is no such company, or it is in the bin or was merged already.")
            raise Problem(409, words, ((name, words),))
    return found[winner_id], found[loser_id]


def _choices(request: ApiRequest, given: CompanyMergeIn) -> dict[str, int]:
    keys = (*COMPANY_FIELDS, *map(prefixed, of(CustomField.Entity.COMPANY, request.membership)))
    for name in given.choices:
        if name not in keys:
            words = _("Choose from these fields: %(fields)s.") % {"fields": ", ".join(keys)}
            raise invalid(words, **{f"choices.{name}": words})
    sides = {"winner": number_of(given.winner_id), "loser": number_of(given.loser_id)}
    return {name: sides[whose] for name, whose in given.choices.items()}


def _one(request: ApiRequest, merge_id: str) -> CompanyMerge:
    seen = Exists(_visible(request).filter(pk=OuterRef("winner_id")))
    merge = CompanyMerge.objects.filter(seen, pk=number_of(merge_id)).first()
    if merge is None:
        raise Http404
    return merge
