"""The search page, and the palette's list: the same answer twice."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ecrm.search import services
from ecrm.tenancy.policies import members_only
from ecrm.tenancy.requests import MemberRequest

ON_PAGE = 25


@members_only
@require_safe
def search(request: MemberRequest) -> HttpResponse:
    """Works without script; the palette opens over any page with it."""
    text = request.GET.get("q", "").replace("\0", "")
    context = {"text": text, "groups": services.answer(request.membership, text, per_group=ON_PAGE)}
    return render(request, "search/page.html", context)


@members_only
@require_safe
def palette(request: MemberRequest) -> HttpResponse:
    text = request.GET.get("q", "").replace("\0", "")
    context = {"text": text, "groups": services.answer(request.membership, text)}
    response = render(request, "search/_options.html", context)
    response["Cache-Control"] = "private, no-store"
    return response
