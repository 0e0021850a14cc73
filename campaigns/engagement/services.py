"""What follows from a visit: events in the history."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from django.db import transaction

from campaigns.engagement import judging, kinds
from campaigns.engagement.judging import HumanHit
from campaigns.models import Delivery, Hit
from consent import rules
from consent.models import Source
from contacts import events
from contacts.events import NewEvent

SOURCE = "campaign"
OF_DELIVERY = Delivery._meta.label_lower


@transaction.atomic
def judge_hits(*, now: datetime | None = None) -> int:
    """Judges one batch of waiting hits and tells the history of those that were a person's.

    Returns how many were judged. Set-based, and harmless when two workers do it at once.
    """
    judged = judging.judge(now=now)
    events.record_many([_event(hit) for hit in judged.human])
    return judged.count


def tell_unsubscribed(delivery: Delivery) -> bool:
    """Tells the history that this message's one-click made its person leave. Once for each leaving.

    False where the person had left before, by this click or otherwise. The withdrawal itself is
    told by consent.
    """
    record = rules.may(delivery.contact, delivery.campaign.purpose).record
    if record is None or record.source != Source.ONE_CLICK or record.evidence.get("delivery") != delivery.pk:
        return False
    return events.record(
        kinds.UNSUBSCRIBED,
        contact=delivery.contact,
        source=SOURCE,
        key=f"unsubscribed:{record.pk}",
        campaign_id=delivery.campaign_id,
        subject=delivery,
        properties={"campaign": delivery.campaign.name},
    )


def _event(hit: HumanHit) -> NewEvent:
    is_click = hit.kind == Hit.Kind.CLICK
    told = {"campaign": hit.campaign_name}
    return NewEvent(
        kinds.CLICKED if is_click else kinds.OPENED,
        hit.contact_id,
        at=hit.at,
        source=SOURCE,
        key=_key(hit),
        campaign_id=hit.campaign_id,
        object_type=OF_DELIVERY,
        object_id=hit.delivery_id,
        properties={**told, "link": hit.link_label or _place(hit.link_url), "url": hit.link_url} if is_click else told,
    )


def _key(hit: HumanHit) -> str:
    """One event for a person, link and day: whoever replays an address adds hits, not history."""
    return f"{hit.kind}:{hit.delivery_id}:{hit.link_id or 0}:{hit.at:%Y-%m-%d}"


def _place(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname or ''}{parts.path.rstrip('/')}"
