"""All segments, and taking one out of use."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacts.models import Segment
from contacts.segments import builder, page, services, uses
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui.pages import capped_count, keyset_page
from ecrm.ui.parts import redirect_page, render_live, render_page, version_of
from ecrm.ui.toasts import toast, warn


@requires(Capability.SEGMENTS_VIEW)
@require_safe
def segment_list(request: MemberRequest) -> HttpResponse:
    is_archive = request.GET.get("show") == "archived"
    segments = Segment.objects.filter(archived_at__isnull=not is_archive)
    found = keyset_page(segments, order=("name", "id"), cursor=request.GET.get("cursor"))
    context = {
        "page": found,
        "rows": [(segment, *builder.status(segment)) for segment in found.rows],
        "count": capped_count(segments),
        "is_archive": is_archive,
        "has_archive": is_archive or Segment.objects.filter(archived_at__isnull=False).exists(),
        "may_edit": request.membership.may(Capability.SEGMENTS_EDIT),
    }
    return render_page(request, "segments/list.html", part="segments/_list.html", context=context)


@requires(Capability.SEGMENTS_VIEW)
@require_safe
def segment_state(request: MemberRequest, segment_id: int) -> HttpResponse:
    """The state in the head, which asks until the calculation is done."""
    segment = get_object_or_404(Segment, pk=segment_id)
    word, shape = builder.status(segment)
    context = {"segment": segment, "status_word": word, "status_shape": shape, "is_part": shape != "half"}
    return render_live(request, "segments/_state.html", context, version=version_of(word, segment.member_count))


@requires(Capability.SEGMENTS_VIEW)
@require_safe
def segment_uses(request: MemberRequest, segment_id: int) -> HttpResponse:
    segment = get_object_or_404(Segment, pk=segment_id)
    return render(request, "segments/uses.html", {**page.frame(request, segment, "uses"), "uses": uses.of(segment)})


@requires(Capability.SEGMENTS_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def archive_segment(request: MemberRequest, segment_id: int) -> HttpResponse:
    """GET shows what depends on it; POST archives."""
    segment = get_object_or_404(Segment, pk=segment_id)
    if request.method != "POST":
        context = {**page.frame(request, segment, "uses"), "uses": uses.of(segment)}
        return render(request, "segments/archive.html", context)
    if services.archive_segment(segment=segment, by=request.user):
        undo = reverse("restore_segment", args=[segment.pk])
        toast(request, _("Archived the segment “%(name)s”") % {"name": segment.name}, undo=undo)
    return redirect_page(request, reverse("segment_list"))


@requires(Capability.SEGMENTS_EDIT)
@require_POST
def restore_segment(request: MemberRequest, segment_id: int) -> HttpResponse:
    segment = get_object_or_404(Segment, pk=segment_id)
    try:
        if services.restore_segment(segment=segment, by=request.user):
            toast(request, _("Restored the segment “%(name)s”") % {"name": segment.name})
    except ValidationError as error:
        warn(request, " ".join(error.messages))
    return redirect_page(request, reverse("segment", args=[segment.pk]))
