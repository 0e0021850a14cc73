"""The people of a segment: who is in, who came and left, and why one person is in or out."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from contacts.criteria import Scope, Unanswerable
from contacts.models import Contact, Segment, SegmentMembership
from contacts.segments import counting, membership, overlap, page, story, trend
from contacts.segments.tree import InvalidRule
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui.pages import keyset_page
from ecrm.ui.parts import render_page

SUGGESTIONS = 6
LONGEST_TERM = 200
STAYS = 10


@requires(Capability.SEGMENTS_VIEW)
@require_safe
def segment_members(request: MemberRequest, segment_id: int) -> HttpResponse:
    """Who is in now, or with ``?on=2026-03-01`` who was at the end of that day."""
    segment = get_object_or_404(Segment, pk=segment_id)
    day = story.read_day(request.GET.get("on", ""))
    stays = _members_on(request, segment, day) if day else _members_now(request, segment)
    found = keyset_page(stays.select_related("contact"), order=("-entered_at", "-id"), cursor=request.GET.get("cursor"))
    context = {**page.frame(request, segment, "members"), "page": found, "day": day}
    return render_page(request, "segments/members.html", part="segments/_members.html", context=context)


@requires(Capability.SEGMENTS_VIEW)
@require_safe
def segment_history(request: MemberRequest, segment_id: int) -> HttpResponse:
    """Who came (or with ``?show=left`` who went) between two days, and why; newest first."""
    segment = get_object_or_404(Segment, pk=segment_id)
    period = story.period_of(request.GET.get("from", ""), request.GET.get("to", ""))
    side = "left" if request.GET.get("show") == "left" else "entered"
    words = story.Words(segment, request.membership.may)
    seen = Contact.objects.visible_to(request.membership).filter(pk=OuterRef("contact_id"))
    found = keyset_page(
        story.moves(segment, period, side).filter(Exists(seen)).select_related("contact"),
        order=(f"-{side}_at", "-id"),
        cursor=request.GET.get("cursor"),
    )
    context = {
        **page.frame(request, segment, "history"),
        "page": found,
        "rows": [(stay, words.of(stay, "entered"), words.of(stay, "left")) for stay in found.rows],
        "side": side,
        "story": story.story(segment, period, words),
    }
    return render_page(request, "segments/history.html", part="segments/_history.html", context=context)


@requires(Capability.SEGMENTS_VIEW)
@require_safe
def segment_overlap(request: MemberRequest, segment_id: int) -> HttpResponse:
    segment = get_object_or_404(Segment, pk=segment_id)
    context = {**page.frame(request, segment, "overlap"), "shared": overlap.overlap(segment)}
    return render(request, "segments/overlap.html", context)


@requires(Capability.SEGMENTS_VIEW)
@require_safe
def explain_segment(request: MemberRequest, segment_id: int) -> HttpResponse:
    """``?who=`` looks people up, ``?contact=`` explains one of them."""
    segment = get_object_or_404(Segment, pk=segment_id)
    context = {**page.frame(request, segment, "rules"), **_explained(request, segment)}
    return render_page(request, "segments/why.html", part="segments/_why.html", context=context)


def _members_now(request: MemberRequest, segment: Segment) -> QuerySet[SegmentMembership]:
    """Of people this member sees."""
    seen = page.visible(request).filter(pk=OuterRef("contact_id"))
    return SegmentMembership.objects.filter(Exists(seen), segment=segment, left_at=None)


def _members_on(request: MemberRequest, segment: Segment, day: date) -> QuerySet[SegmentMembership]:
    """The same at the end of a day; also who has been put in the bin since."""
    seen = Contact.objects.visible_to(request.membership).filter(pk=OuterRef("contact_id"))
    end = trend.start_of_day(day + story.ONE_DAY) - story.INSTANT
    return membership.stays_at(segment, end).filter(Exists(seen))


def _explained(request: MemberRequest, segment: Segment) -> dict[str, Any]:
    term = request.GET.get("who", "").replace("\0", "").strip()[:LONGEST_TERM]
    chosen = request.GET.get("contact", "")
    if chosen.isdecimal() and len(chosen) < 19:
        contact = get_object_or_404(Contact.objects.visible_to(request.membership), pk=chosen)
        return {"term": str(contact), **_why(request, segment, contact)}
    if not term:
        return {"term": ""}
    found = page.visible(request).resembling(term, membership=request.membership)
    people = list(found.order_by("sort_key", "id")[: SUGGESTIONS + 1])
    if len(people) == 1:
        return {"term": term, **_why(request, segment, people[0])}
    return {"term": term, "people": people[:SUGGESTIONS], "has_more": len(people) > SUGGESTIONS}


def _why(request: MemberRequest, segment: Segment, contact: Contact) -> dict[str, Any]:
    try:
        finding = counting.explain(segment.rule, contact, scope=Scope.current(), may=request.membership.may)
    except (InvalidRule, Unanswerable) as error:
        return {"contact": contact, "problem": str(error)}
    stays = SegmentMembership.objects.filter(segment=segment, contact=contact)
    latest = list(stays.order_by("-entered_at", "-id")[: STAYS + 1])
    words = story.Words(segment, request.membership.may)
    return {
        "contact": contact,
        "finding": finding,
        "is_in": finding.holds and contact.binned_at is None,
        "stay": latest[0] if latest else None,
        "stays": [(stay, words.of(stay, "entered"), words.of(stay, "left")) for stay in latest[:STAYS]],
        "has_more_stays": len(latest) > STAYS,
    }
