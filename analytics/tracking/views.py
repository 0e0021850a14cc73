"""Settings, Sites: which sites send visits, the lines for their pages, and whether anything arrives."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from analytics.models import Site
from analytics.tracking import sites
from analytics.tracking.forms import SiteForm
from consent import purposes
from contacts.models import Event, RefusedEvent
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui.parts import INVALID, render_live, version_of, wants_part
from ecrm.ui.toasts import toast

REFUSED_SHOWN, VISITS_SHOWN = 20, 5
_JUST_NOW = timedelta(minutes=1)


@requires(Capability.SETTINGS_MANAGE)
@require_safe
def site_list(request: MemberRequest) -> HttpResponse:
    found = Site.objects.order_by("closed_at", "name", "id")[:100]
    refused = RefusedEvent.objects.order_by("-received_at", "-id")[:REFUSED_SHOWN]
    return render(request, "analytics/sites/list.html", {"sites": found, "refused": refused})


@requires(Capability.SETTINGS_MANAGE)
@require_http_methods(["GET", "POST"])
def create_site(request: MemberRequest) -> HttpResponse:
    form = SiteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        site = sites.create_site(**form.cleaned_data, by=request.user)
        toast(request, _("The site is set up. Put the lines below into its pages."))
        return redirect("site", site_id=site.pk)
    return render(request, "analytics/sites/create.html", {"form": form}, status=INVALID if request.POST else 200)


@requires(Capability.SETTINGS_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def site(request: MemberRequest, site_id: int) -> HttpResponse:
    found = get_object_or_404(Site, pk=site_id)
    if request.method != "POST" and wants_part(request):
        return _arrivals(request, found)
    form = SiteForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        try:
            sites.change_site(site=found, **form.cleaned_data, by=request.user)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            toast(request, _("Saved."))
            return redirect("site", site_id=found.pk)
    return render(request, "analytics/sites/site.html", _page(found, form), status=INVALID if form.errors else 200)


@requires(Capability.SETTINGS_MANAGE)
@require_POST
def close_site(request: MemberRequest, site_id: int) -> HttpResponse:
    found = get_object_or_404(Site, pk=site_id)
    if sites.close_site(site=found, by=request.user):
        toast(request, _("No more visits are taken from this site."))
    return redirect("site", site_id=found.pk)


@requires(Capability.SETTINGS_MANAGE)
@require_POST
def reopen_site(request: MemberRequest, site_id: int) -> HttpResponse:
    found = get_object_or_404(Site, pk=site_id)
    if sites.reopen_site(site=found, by=request.user):
        toast(request, _("Visits are taken from this site again."))
    return redirect("site", site_id=found.pk)


def _arrivals(request: MemberRequest, found: Site) -> HttpResponse:
    context = _heard(found)
    version = version_of(found.last_visit_at, found.closed_at, context["is_live"], request.LANGUAGE_CODE)
    return render_live(request, "analytics/sites/_arrivals.html", context, version=version)


def _heard(found: Site) -> dict[str, Any]:
    """When the site was last heard of and what it said; what is seen here is humans after a yes."""
    told = Event.objects.filter(name="page.viewed", source_type="site", source_id=found.pk)
    recent = told.filter(occurred_at__gte=timezone.now() - timedelta(days=1)).order_by("-occurred_at", "-id")
    is_live = found.last_visit_at is not None and found.last_visit_at > timezone.now() - _JUST_NOW
    return {"site": found, "is_live": is_live, "visits": recent[:VISITS_SHOWN]}


def _page(found: Site, form: SiteForm) -> dict[str, Any]:
    purpose = purposes.by_key(purposes.VISITS)
    languages = found.tenant.languages
    notices = purposes.current_notices(languages)
    return {
        **_heard(found),
        "form": form,
        "snippet": f'<script async src="{settings.BASE_URL}/p/t.js" data-site="{found.key}"></script>',
        "purpose": purpose,
        "wording": purposes.wording(purpose, languages) if purpose else None,
        "notice": notices.get(purpose.pk) if purpose else None,
    }
