"""Segments whose people are named: made, filled, emptied, copied; and calculating on demand."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from contacts.models import Contact, Segment
from contacts.models.segments import SegmentKind
from contacts.segments import lists, page, services, story, trend, watching
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui import formats
from ecrm.ui.parts import INVALID, redirect_page
from ecrm.ui.toasts import toast, warn

LONGEST_TEXT = 1_000_000


@requires(Capability.SEGMENTS_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def create_list(request: MemberRequest) -> HttpResponse:
    """A segment by hand, with the people whose addresses are given."""
    if request.method != "POST":
        return _list_form(request, {})
    try:
        named = lists.named_by(_people(request)) if _people(request).strip() else lists.Named([], [])
        seen = _seen(request, named.contact_ids)
        made = lists.create_static(by=request.user, people=seen, **_named(request))
    except ValidationError as error:
        return _list_form(request, error.message_dict)
    toast(request, _("Created the segment “%(name)s”") % {"name": made.name})
    _tell_unknown(request, named)
    return redirect_page(request, reverse("segment", args=[made.pk]))


@requires(Capability.SEGMENTS_EDIT)
@require_POST
def change_list(request: MemberRequest, segment_id: int) -> HttpResponse:
    """Its name and description."""
    segment = get_object_or_404(Segment, pk=segment_id, kind=SegmentKind.STATIC, archived_at=None)
    try:
        services.rename_segment(segment=segment, by=request.user, **_named(request))
    except ValidationError as error:
        return show_list(request, segment, errors=error.message_dict)
    toast(request, _("Saved the segment “%(name)s”") % {"name": segment.name})
    return redirect_page(request, reverse("segment", args=[segment.pk]))


@requires(Capability.SEGMENTS_EDIT)
@require_POST
def add_to_segment(request: MemberRequest, segment_id: int) -> HttpResponse:
    """Puts people on the list: ``people`` holds addresses, ``contact`` the ids an undo gives back."""
    segment = get_object_or_404(Segment, pk=segment_id, kind=SegmentKind.STATIC, archived_at=None)
    named = lists.Named(_ids(request.GET.get("ids", "")), [])
    try:
        if not named.contact_ids:
            named = lists.named_by(_people(request))
    except ValidationError as error:
        return show_list(request, segment, errors=error.message_dict)
    added = lists.add_people(segment=segment, people=_seen(request, named.contact_ids), by=request.user)
    words = ngettext("%(count)s contact put on the list.", "%(count)s contacts put on the list.", added)
    toast(request, words % {"count": formats.number(added)})
    _tell_unknown(request, named)
    return redirect_page(request, reverse("segment", args=[segment.pk]))


@requires(Capability.SEGMENTS_EDIT)
@require_POST
def remove_from_segment(request: MemberRequest, segment_id: int) -> HttpResponse:
    segment = get_object_or_404(Segment, pk=segment_id, kind=SegmentKind.STATIC, archived_at=None)
    seen = _seen(request, _ids(request.POST.get("contact", "")))
    removed = lists.remove_people(segment=segment, people=seen, by=request.user)
    if removed:
        undo = f"{reverse('add_to_segment', args=[segment.pk])}?ids={','.join(map(str, removed))}"
        toast(request, _("Taken off the list “%(name)s”") % {"name": segment.name}, undo=undo)
    return redirect_page(request, reverse("segment_members", args=[segment.pk]))


@requires(Capability.SEGMENTS_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def freeze_segment(request: MemberRequest, segment_id: int) -> HttpResponse:
    """A copy of the members, of today or of the end of a day, that no rule changes any more."""
    segment = get_object_or_404(Segment, pk=segment_id)
    day = story.read_day(request.POST.get("on", "") or request.GET.get("on", ""))
    errors: dict[str, Any] = {}
    if request.method == "POST":
        at = trend.start_of_day(day + story.ONE_DAY) - story.INSTANT if day else None
        try:
            made = lists.freeze_segment(segment=segment, name=request.POST.get("name", ""), by=request.user, at=at)
        except ValidationError as error:
            errors = error.message_dict
        else:
            toast(request, _("Created the segment “%(name)s”") % {"name": made.name})
            return redirect_page(request, reverse("segment", args=[made.pk]))
    usual = _("%(name)s, %(day)s") % {
        "name": segment.name[:90],
        "day": formats.day(trend.start_of_day(day or story.today()), year=True),
    }
    context = {
        **page.frame(request, segment, ""),
        "day": day,
        "name": request.POST.get("name", usual),
        "errors": errors,
    }
    return render(request, "segments/freeze.html", context, status=INVALID if errors else 200)


@requires(Capability.SEGMENTS_EDIT)
@require_POST
def recalculate_segment(request: MemberRequest, segment_id: int) -> HttpResponse:
    """Looks at everybody again now, as a job with progress."""
    segment = get_object_or_404(Segment, pk=segment_id, archived_at=None)
    if watching.start(segment=segment, by=request.user):
        toast(request, _("“%(name)s” is being calculated anew.") % {"name": segment.name})
    else:
        warn(request, _("“%(name)s” is being calculated already.") % {"name": segment.name})
    return redirect_page(request, reverse("segment", args=[segment.pk]))


def show_list(request: MemberRequest, segment: Segment, *, errors: dict[str, Any] | None = None) -> HttpResponse:
    """The page of a static segment."""
    context = {
        **page.frame(request, segment, "rules"),
        **page.summary(request, segment),
        "errors": errors or {},
        "name": request.POST.get("name", segment.name),
        "description": request.POST.get("description", segment.description),
        "people_text": request.POST.get("people", "")[:LONGEST_TEXT],
    }
    return render(request, "segments/static.html", context, status=INVALID if errors else 200)


def _list_form(request: MemberRequest, errors: dict[str, Any]) -> HttpResponse:
    context = {
        "crumbs": [(_("Segments"), reverse("segment_list"))],
        "errors": errors,
        "name": request.POST.get("name", ""),
        "description": request.POST.get("description", ""),
        "people_text": _people(request),
    }
    return render(request, "segments/create_list.html", context, status=INVALID if errors else 200)


def _people(request: MemberRequest) -> str:
    return request.POST.get("people", "")[:LONGEST_TEXT]


def _named(request: MemberRequest) -> dict[str, Any]:
    return {"name": request.POST.get("name", ""), "description": request.POST.get("description", "")}


def _seen(request: MemberRequest, ids: Any) -> Any:
    """Of these, the people this member sees."""
    return Contact.objects.visible_to(request.membership).among(list(ids))


def _ids(text: str) -> list[int]:
    return [int(each) for each in text.split(",")[:1000] if each.isdecimal() and len(each) < 19]


def _tell_unknown(request: MemberRequest, named: lists.Named) -> None:
    if named.unknown:
        shown = ", ".join(named.unknown[:5])
        words = ngettext(
            "%(count)s address belongs to no contact: %(shown)s",
            "%(count)s addresses belong to no contact: %(shown)s",
            len(named.unknown),
        )
        warn(request, words % {"count": len(named.unknown), "shown": shown})
