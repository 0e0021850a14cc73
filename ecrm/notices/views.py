"""The bell, the list, and how each member wants to be told."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ecrm.notices import services
from ecrm.notices.forms import HabitsForm, choice_rows, save_choices
from ecrm.notices.models import Notification
from ecrm.tenancy.policies import members_only
from ecrm.tenancy.requests import MemberRequest
from ecrm.ui.pages import keyset_page
from ecrm.ui.parts import redirect_page, render_live, render_page, version_of, wants_part
from ecrm.ui.toasts import toast

IN_POPOVER = 8


@members_only
@require_safe
def notifications(request: MemberRequest) -> HttpResponse:
    is_unread_only = "unread" in request.GET
    rows = Notification.objects.filter(user=request.user, is_shown=True)
    rows = rows.filter(read_at=None) if is_unread_only else rows
    page = keyset_page(rows.select_related("by"), order=("-at", "-id"), cursor=request.GET.get("cursor"))
    context = {"page": page, "is_unread_only": is_unread_only, "unread": services.unread_count(request.user.pk)}
    return render_page(request, "notices/list.html", part="notices/_list.html", context=context)


@members_only
@require_safe
def recent(request: MemberRequest) -> HttpResponse:
    """What the bell opens, fetched when it does."""
    rows = Notification.objects.filter(user=request.user, is_shown=True).select_related("by")
    newest = rows.order_by("-at", "-id")[:IN_POPOVER]
    return render(request, "notices/_recent.html", {"notifications": newest})


@members_only
@require_safe
def bell(request: MemberRequest) -> HttpResponse:
    """The count that polls."""
    count = services.unread_count(request.user.pk)
    version = version_of(count, request.LANGUAGE_CODE)
    return render_live(request, "notices/_bell.html", {"unread": count}, version=version)


@members_only
@require_safe
def notification(request: MemberRequest, notification_id: int) -> HttpResponse:
    """Goes where the notice points. Reading is seeing: this GET marks it, and nothing else."""
    found = get_object_or_404(Notification, pk=notification_id, user=request.user)
    services.mark_read(notification=found)
    return redirect(f"/{request.tenant.slug}{found.url}")


@members_only
@require_POST
def read_notification(request: MemberRequest, notification_id: int) -> HttpResponse:
    """Reads one, or puts it back among the unread ("unread")."""
    found = get_object_or_404(Notification, pk=notification_id, user=request.user)
    mark = services.mark_unread if "unread" in request.POST else services.mark_read
    mark(notification=found)
    if not wants_part(request):
        return redirect("notifications")
    found.refresh_from_db()
    return render(request, "notices/_row.html", {"notification": found})


@members_only
@require_POST
def read_all_notifications(request: MemberRequest) -> HttpResponse:
    services.mark_all_read(by=request.user)
    return redirect_page(request, reverse("notifications"))


@members_only
@require_http_methods(["GET", "POST"])
def notice_settings(request: MemberRequest) -> HttpResponse:
    form = HabitsForm(request.POST or None, instance=services.habits_of(request.user.pk))
    if request.method == "POST" and form.is_valid():
        form.save()
        save_choices(request.membership, request.POST)
        toast(request, _("Your choice is kept."))
        return redirect("notice_settings")
    zone = request.user.time_zone or request.tenant.time_zone
    context: dict[str, Any] = {"form": form, "rows": choice_rows(request.membership), "zone": zone.replace("_", " ")}
    return render(request, "notices/settings.html", context, status=422 if form.errors else 200)
