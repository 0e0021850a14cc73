"""The segments of a person, on their page."""

from __future__ import annotations

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from contacts import panels
from contacts.models import Contact, SegmentMembership
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability

SHOWN = 12


def register() -> None:
    panels.register(panels.Panel("segments", render_panel, "value", 40, Capability.SEGMENTS_VIEW))


def render_panel(request: MemberRequest, contact: Contact) -> SafeString | str:
    """One query. Nothing for a person in no segment."""
    stays = SegmentMembership.objects.filter(contact=contact, left_at=None, segment__archived_at=None)
    found = list(stays.select_related("segment").order_by("segment__name")[: SHOWN + 1])
    if not found:
        return ""
    context = {"contact": contact, "stays": found[:SHOWN], "has_more": len(found) > SHOWN}
    return render_to_string("segments/_panel.html", context)
