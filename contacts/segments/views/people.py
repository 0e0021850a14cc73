"""The people of a segment: who is in, who came and left, and why one person is in or out."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from contacts.criteria import Scope, Unanswerable
from contacts.models import Contact, Segment, SegmentMembership
from contacts.segments import counting, page
from contacts.segments.tree import InvalidRule
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui.pages import keyset_page
from ecrm.ui.parts import render_page

SUGGESTIONS = 6
LONGEST_TERM = 200


@requires(Capability.SEGMENTS_VIEW)
@require_safe
def segment_members(request: MemberRequest, segment_id: int) -> HttpResponse:
    segment = get_object_or_404(Segment, pk=segment_id)
    seen = page.visible(request).filter(pk=OuterRef("contact_id"))
    stays = SegmentMembership.objects.filter(Exists(seen), segment=segment, left_at=None)
    found = keyset_page(stays.select_related("contact"), order=("-entered_at", "-id"), cursor=request.GET.get("cursor"))
    context = {**page.frame(request, segment, "members"), "page": found}
    return render_page(request, "segments/members.html", part="segments/_members.html", context=context)


@requires(Capability.SEGMENTS_VIEW)
@require_safe
def segment_history(request: MemberRequest, segment_id: int) -> HttpResponse:
    """Every stay, those who came last first, also of people who have left."""
    segment = get_object_or_404(Segment, pk=segment_id)
    found = keyset_page(
        _stays(request, segment).select_related("contact"),
        order=("-entered_at", "-id"),
        cursor=request.GET.get("cursor"),
    )
    context = {**page.frame(request, segment, "history"), "page": found}
    return render_page(request, "segments/history.html", part="segments/_history.html", context=context)


@requires(Capability.SEGMENTS_VIEW)
@require_safe
def explain_segment(request: MemberRequest, segment_id: int) -> HttpResponse:
    """``?who=`` looks people up, ``?contact=`` explains one of them."""
    segment = get_object_or_404(Segment, pk=segment_id)
    context = {**page.frame(request, segment, "rules"), **_explained(request, segment)}
    return render_page(request, "segments/why.html", part="segments/_why.html", context=context)


def _stays(request: MemberRequest, segment: Segment) -> QuerySet[SegmentMembership]:
    """Of people this member sees."""
    seen = page.visible(request).filter(pk=OuterRef("contact_id"))
    return SegmentMembership.objects.filter(Exists(seen), segment=segment)


def _explained(request: MemberRequest, segment: Segment) -> dict[str, Any]:
    term = request.GET.get("who", "").replace("\0", "").strip()[:LONGEST_TERM]
    chosen = request.GET.get("contact", "")
    if chosen.isdecimal() and len(chosen) < 19:
        contact = get_object_or_404(Contact.objects.visible_to(request.membership), pk=chosen)
        return {"term": str(contact), **_why(request, segment, contact)}
    if not term:
        return {"term": ""}
    found = page.visible(request).matching(term, membership=request.membership)
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
    return {
        "contact": contact,
        "finding": finding,
        "is_in": finding.holds and contact.binned_at is None,
        "stay": stays.order_by("-entered_at", "-id").first(),
    }
