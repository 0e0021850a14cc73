"""Lists by cursor: ``{"items": […], "next": "…"}``, the same cost on every page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from ninja import Query, Schema
from pydantic import Field

from ecrm.api.problems import invalid
from ecrm.api.schemas import Whole
from ecrm.ui.pages import keyset_page

T = TypeVar("T")
MOST = 200


class Paging(Schema):
    """``cursor`` is the ``next`` of the page before."""

    limit: Annotated[Whole, Field(ge=1, le=MOST, description="How many at most.")] = 50
    cursor: Annotated[str, Field(max_length=2000, description="The `next` of the page before.")] = ""


Window = Annotated[Paging, Query()]


class PageOut(Schema, Generic[T]):
    """``next`` is null where the list ends."""

    items: list[T]
    next: str | None


def page_of(
    rows: QuerySet[Any], window: Paging, *, order: Sequence[str], show: Callable[[Sequence[Any]], list[T]]
) -> dict[str, Any]:
    """One page of ``rows``, as ``show`` turns them into answers. Raises ``Problem`` 422 for a strange cursor."""
    found = keyset_page(rows, order=order, cursor=window.cursor or None, size=window.limit)
    if found.is_reset:
        words = _("This cursor leads nowhere. Start again without one.")
        raise invalid(words, cursor=words)
    return {"items": show(found.rows), "next": found.next}
