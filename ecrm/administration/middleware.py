"""Keeps account of a support visit: which pages were seen, and in which visit things were changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from ecrm.audit import services as audit
from ecrm.audit.models import AuditEntry
from ecrm.tenancy.models import Membership

# A part that asks again every few seconds is one look.
SAME_LOOK = timedelta(minutes=1)


class VisitMiddleware:
    """Stands inside the tenant's transaction, so that no page is seen without its entry."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        membership = getattr(request, "membership", None)
        if membership is None or membership.visit is None:
            return self.get_response(request)
        token = audit.current_visit_id.set(membership.visit.pk)
        try:
            response = self.get_response(request)
            if request.resolver_match and _shows_something(response):
                _note_look(request, membership)
            return response
        finally:
            audit.current_visit_id.reset(token)


def _shows_something(response: HttpResponse) -> bool:
    """A page or a part with something in it; not a script, a redirect, or "nothing new"."""
    is_page = response.headers.get("Content-Type", "").startswith("text/html")
    return response.status_code < 300 and is_page and bool(response.streaming or response.content.strip())


def _note_look(request: HttpRequest, visitor: Membership) -> None:
    """Route name and the ids in its path; never what was on the page."""
    match = request.resolver_match
    assert match is not None
    looked_at = sorted([match.view_name, *(f"{name}={value}"[:60] for name, value in match.kwargs.items())])
    recent = AuditEntry.objects.filter(
        at__gt=timezone.now() - SAME_LOOK,
        visit_id=visitor.visit.pk,
        action="visit.page_seen",
        fields=looked_at,
    )
    if not recent.exists():
        audit.record("visit.page_seen", by=visitor.user, subject=visitor.visit, fields=looked_at)
