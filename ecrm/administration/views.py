"""Pages of a tenant about support visits and about looking as another role."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ecrm.administration import guises, visits
from ecrm.administration.forms import RoleForm
from ecrm.administration.history import lines
from ecrm.administration.models import SupportVisit
from ecrm.audit.models import AuditEntry
from ecrm.tenancy.models import User
from ecrm.tenancy.policies import members_only, requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability, Role
from ecrm.tenancy.urls import platform_url
from ecrm.ui.pages import keyset_page
from ecrm.ui.toasts import toast

SEEN_AT_MOST = 200


@requires(Capability.SETTINGS_MANAGE)
@require_safe
def support_visits(request: MemberRequest) -> HttpResponse:
    page = keyset_page(
        SupportVisit.objects.all(), order=("-started_at", "-id"), cursor=request.GET.get("cursor"), size=25
    )
    names = _names([visit.visitor_id for visit in page.rows])
    rows = [(visit, names.get(visit.visitor_id)) for visit in page.rows]
    context: dict[str, Any] = {"page": page, "visits": rows, "may_end": _may_end(request)}
    return render(request, "administration/visits.html", context)


@requires(Capability.SETTINGS_MANAGE)
@require_safe
def support_visit(request: MemberRequest, visit_id: int) -> HttpResponse:
    """What was looked at and changed during one visit."""
    visit = get_object_or_404(SupportVisit, pk=visit_id)
    seen = AuditEntry.objects.filter(visit_id=visit.pk, at__gte=visit.started_at, at__lte=visit.expires_at)
    context = {
        "visit": visit,
        "visitor": _names([visit.visitor_id]).get(visit.visitor_id),
        "lines": lines(seen.order_by("-at", "-id")[:SEEN_AT_MOST]),
        "may_end": _may_end(request),
    }
    return render(request, "administration/visit.html", context)


@requires(Capability.SETTINGS_MANAGE)
@require_POST
def end_visit(request: MemberRequest, visit_id: int) -> HttpResponse:
    """Owners and admins show a visitor out; a visitor leaves by their own button."""
    if not _may_end(request):
        raise PermissionDenied
    visit = get_object_or_404(SupportVisit, pk=visit_id)
    if visits.end(visit=visit, by=request.user):
        toast(request, _("The visit is over. Nobody of support can get in without a new one."))
    return redirect("support_visits")


@members_only
@require_POST
def leave_visit(request: MemberRequest) -> HttpResponse:
    """The visitor's own way out, back to the platform's admin."""
    if request.membership.visit is None:
        return redirect(f"/{request.tenant.slug}/")
    visits.end(visit=request.membership.visit, by=request.user)
    return redirect(platform_url("admin:index"))


@requires(Capability.MEMBERS_MANAGE)
@require_http_methods(["GET", "POST"])
def view_as(request: MemberRequest) -> HttpResponse:
    form = RoleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        guises.put_on(request, request.membership, Role(form.cleaned_data["role"]))
        return redirect(f"/{request.tenant.slug}/")
    return render(request, "administration/view_as.html", {"form": form}, status=422 if form.errors else 200)


@members_only
@require_POST
def stop_viewing_as(request: MemberRequest) -> HttpResponse:
    guises.take_off(request)
    return redirect("role_table")


def _may_end(request: MemberRequest) -> bool:
    return request.membership.may(Capability.MEMBERS_MANAGE)


def _names(user_ids: list[int]) -> dict[int, User]:
    return {user.pk: user for user in User.objects.filter(pk__in=user_ids).only("pk", "name", "email")}
