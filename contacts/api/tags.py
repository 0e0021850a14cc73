"""``/tags``: the tags of the workspace. Who has one is told and changed at ``/contacts``."""

from __future__ import annotations

from typing import Annotated, Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema, Status
from pydantic import Field

from contacts.api.schemas import TagName
from contacts.models import Segment, Tag, Tagging
from contacts.segments import tree
from contacts.segments.tree import InvalidRule
from contacts.services import tag_names
from ecrm.api.access import ApiRequest, needs
from ecrm.api.paging import PageOut, Window, page_of
from ecrm.api.problems import Problem
from ecrm.api.schemas import Id, IdIn, In, Text, number_of
from ecrm.api.scopes import Scope

router = Router()
READ, WRITE = needs(Scope.CONTACTS_READ), needs(Scope.CONTACTS_WRITE)


class TagFilters(Schema):
    name: Annotated[Text, Field(max_length=60)] = ""


class TagIn(In):
    name: TagName


class TagOut(Schema):
    """``contact_count`` counts whoever has it, in the bin or not."""

    id: Id
    name: str
    contact_count: int


@router.get("", auth=READ, response=PageOut[TagOut], summary="List tags")
def list_tags(request: ApiRequest, asked: Annotated[TagFilters, Query()], window: Window) -> Any:
    """By name. ``name`` finds one: case and accents do not matter."""
    tags = _counted()
    if asked.name:
        tags = tags.filter(name_norm=tag_names.norm_of(asked.name))
    return page_of(tags, window, order=("name_norm", "id"), show=list)


@router.post("", auth=WRITE, response={200: TagOut, 201: TagOut}, summary="Create a tag")
def create_tag(request: ApiRequest, given: TagIn) -> Any:
    """Or answers the one of this name (200)."""
    tag, is_new = tag_names.create_tag(name=given.name, by=request.user)
    return Status(201 if is_new else 200, _one(str(tag.pk)))


@router.get("/{tag_id}", auth=READ, response=TagOut, summary="Read a tag")
def read_tag(request: ApiRequest, tag_id: IdIn) -> Any:
    return _one(tag_id)


@router.patch("/{tag_id}", auth=WRITE, response=TagOut, summary="Rename a tag")
def rename_tag(request: ApiRequest, tag_id: IdIn, given: TagIn) -> Any:
    """Everybody who has it keeps it. A name that another tag has is a conflict (409)."""
    tag_names.rename_tag(tag=_one(tag_id), name=given.name, by=request.user)
    return _one(tag_id)


@router.delete("/{tag_id}", auth=WRITE, response={204: None}, summary="Delete a tag")
def delete_tag(request: ApiRequest, tag_id: IdIn) -> Any:
    """Takes it off everybody. A conflict (409) while a segment asks for it or more than 10,000 people have it."""
    tag = _one(tag_id)
    used = [segment.name for segment in Segment.objects.filter(archived_at=None) if _asks_for(segment, tag.pk)]
    if used:
        raise Problem(409, _("A segment asks for this tag: %(names)s.") % {"names": ", ".join(sorted(used)[:5])})
    if tag.contact_count > tag_names.MOST_TAGGED:
        raise Problem(409, tag_names.too_many())
    tag_names.delete_tag(tag=tag, by=request.user, via="api")
    return Status(204, None)


def _counted() -> QuerySet[Tag]:
    taggings = Tagging.objects.filter(tag=OuterRef("pk")).order_by().values("tag").annotate(number=Count("pk"))
    return Tag.objects.annotate(contact_count=Coalesce(Subquery(taggings.values("number")), 0))


def _one(tag_id: str) -> Any:
    tag = _counted().filter(pk=number_of(tag_id)).first()
    if tag is None:
        raise Http404
    return tag


def _asks_for(segment: Segment, tag_id: int) -> bool:
    try:
        conditions = list(tree.conditions(tree.parse(segment.rule)))
    except InvalidRule:
        return False
    return any(one.criterion.key == "tag" and tag_id in _ids(one.value) for one in conditions)


def _ids(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
