"""The search page, and the palette's list: the same answer twice."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ecrm.search import services
from ecrm.search.matching import best
from ecrm.tenancy import mentions
from ecrm.tenancy.policies import members_only
from ecrm.tenancy.requests import MemberRequest

ON_PAGE = 25
MEMBERS_NAMED = 8


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


@members_only
@require_safe
def named_members(request: MemberRequest) -> HttpResponse:
    """Colleagues whom somebody who writes @ may mean, each with what names this one and nobody else."""
    text = request.GET.get("q", "").replace("\0", "")[:100]
    offered = [(user, handle) for user, handle in mentions.handles() if user.pk != request.user.pk]
    if text.strip():
        named = [(f"{user.name} {user.email}", (user, handle)) for user, handle in offered]
        offered = best(text, named, limit=MEMBERS_NAMED)
    response = render(request, "search/_members.html", {"offered": offered[:MEMBERS_NAMED]})
    response["Cache-Control"] = "private, no-store"
    return response
