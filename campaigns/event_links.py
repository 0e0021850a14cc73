"""From what happened with a mail to the campaign that it belongs to."""

from __future__ import annotations

from contacts.event_links import numbered
from contacts.events import Link
from contacts.models import Event


def report_of(event: Event) -> Link | None:
    """None for what another system sent."""
    if event.campaign_id is None:
        return None
    return Link(numbered("campaign_report", event.campaign_id), event.properties.get("campaign", ""))
