"""What the pages of one segment have in common: tabs, the rule's board, the figures beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.urls import reverse
from django.utils.translation import gettext as _

from contacts import listing, panels
from contacts.criteria import Scope, Text
from contacts.models import Contact, Segment
from contacts.models.segments import SegmentKind
from contacts.querysets import ContactQuerySet
from contacts.segments import builder, counting, membership, reach, trend, uses
from contacts.segments.counting import TooSlow
from contacts.segments.drafts import DraftGroup
from contacts.segments.reach import Reach
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui import formats
from ecrm.ui.charts import Bar, BarList, Sparkline

SAMPLE = 5


@dataclass(frozen=True, slots=True)
class Tab:
    label: Text
    url: str
    is_current: bool
    count: int | None = None
    is_hot: bool = False


def frame(request: MemberRequest, segment: Segment, current: str) -> dict[str, Any]:
    """Head and tabs of a saved segment's pages."""
    places = [
        (
            "rules",
            _("List") if segment.kind == SegmentKind.STATIC else _("Rules"),
            reverse("segment", args=[segment.pk]),
            None,
        ),
        ("members", _("Members"), reverse("segment_members", args=[segment.pk]), segment.member_count),
        ("history", _("History"), reverse("segment_history", args=[segment.pk]), None),
        ("overlap", _("Overlap"), reverse("segment_overlap", args=[segment.pk]), None),
        ("uses", _("Used in"), reverse("segment_uses", args=[segment.pk]), None),
    ]
    word, shape = builder.status(segment)
    return {
        "segment": segment,
        "status_word": word,
        "status_shape": shape,
        "tabs": [Tab(label, url, key == current, count) for key, label, url, count in places],
        "crumbs": [(_("Segments"), reverse("segment_list"))],
        "acts": uses.acts(segment, request.membership.may),
        "may_edit": request.membership.may(Capability.SEGMENTS_EDIT) and segment.archived_at is None,
        "may_create": request.membership.may(Capability.SEGMENTS_EDIT),
        "is_static": segment.kind == SegmentKind.STATIC,
    }


def rules(
    request: MemberRequest, draft: DraftGroup, *, segment: Segment | None, shows_errors: bool = False
) -> dict[str, Any]:
    """The board of a draft with its sample and figures; everything the part needs."""
    scope = Scope.current()
    board = builder.board(draft, scope, may=request.membership.may, shows_errors=shows_errors)
    found = builder.people(board, scope)
    shown = [] if found is None else _sample(request, found)
    columns = panels.columns(request.membership)
    return {
        "board": board,
        "columns": [(column, column.legend(request) if column.legend else "") for column in columns],
        "rows": listing.rows(request, shown, columns),
        "reach": None if found is None else _reach(board.total or 0, found),
        "trend": _trend(segment),
        "may_edit": request.membership.may(Capability.SEGMENTS_EDIT)
        and (segment is None or segment.archived_at is None),
    }


def summary(request: MemberRequest, segment: Segment) -> dict[str, Any]:
    """What stands beside a static segment: a sample, whom one may contact, how it grew."""
    columns = panels.columns(request.membership)
    found = membership.members(segment)
    return {
        "columns": [(column, column.legend(request) if column.legend else "") for column in columns],
        "rows": listing.rows(request, _sample(request, found), columns),
        "reach": _reach(segment.member_count, found) if segment.member_count else None,
        "trend": _trend(segment),
        "total": segment.member_count,
    }


def visible(request: MemberRequest) -> ContactQuerySet:
    """The people segments choose from, as far as this member sees them."""
    people: ContactQuerySet = Contact.objects.visible_to(request.membership).unbinned()
    return people


def _ids(found: RawSQL | QuerySet[Contact]) -> Any:
    return found if isinstance(found, RawSQL) else found.values("pk")


def _sample(request: MemberRequest, found: RawSQL | QuerySet[Contact]) -> list[Contact]:
    """The most recently active of those this member sees."""
    people = visible(request).filter(pk__in=_ids(found))
    return list(people.order_by("-active_at", "-id")[:SAMPLE])


def _reach(total: int, found: RawSQL | QuerySet[Contact]) -> BarList | None:
    try:
        with counting.limited():
            figures = reach.of(counting.people().filter(pk__in=_ids(found)))
    except TooSlow:
        return None
    return _bars(figures, total) if figures else None


def _bars(found: Sequence[Reach], whole: int) -> BarList:
    bars = [Bar(each.label, each.count, style="off" if each.is_rest else "") for each in found]
    return BarList(bars, whole=whole)


def _trend(segment: Segment | None) -> dict[str, Any] | None:
    known = trend.trend(segment) if segment else None
    if known is None:
        return None
    label = _("Members over %(days)s days, %(first)s to %(last)s") % {
        "days": len(known.members),
        "first": formats.number(known.members[0]),
        "last": formats.number(known.members[-1]),
    }
    return {
        "known": known,
        "spark": Sparkline(label, known.members),
        "first_text": formats.day(known.first),
        "last_text": formats.day(known.last),
    }
