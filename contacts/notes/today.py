"""One's own tasks about people, on the first page."""

from __future__ import annotations

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from contacts.models import Contact, FollowUp
from ecrm.tenancy.requests import MemberRequest

LINES = 12


def render(request: MemberRequest) -> SafeString:
    """What is due today or was before, the oldest first; nothing when there is none. One query."""
    mine = FollowUp.objects.filter(owner=request.user, done_at=None, due_on__lte=timezone.localdate())
    seen = mine.filter(contact__in=Contact.objects.visible_to(request.membership).unbinned())
    found = list(seen.select_related("contact").order_by("due_on", "pk")[: LINES + 1])
    if not found:
        return SafeString()
    context = {"tasks": found[:LINES], "has_more": len(found) > LINES, "today": timezone.localdate()}
    return render_to_string("contacts/notes/_today.html", context, request)
