"""What a visit of a link or pixel leaves behind: one raw row at most, and nothing else.

A row names a delivery only while its person allows tracking. Of everybody else a click counts for
the campaign, an open not at all.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.db import DatabaseError, transaction
from django.http import HttpRequest
from django.utils import timezone

from campaigns.engagement.judging import ANNOUNCED
from campaigns.models import Campaign, Delivery, Hit, Link
from consent import purposes, rules
from consent.evidence import client_ip
from contacts.models import Contact
from ecrm.keys import keyed_hash
from ecrm.tenancy.context import require_tenant_id

LONGEST_AGENT = 300
# More requests than this for one message (of the unnamed: from one place for one campaign) teach nothing.
MOST_IN_A_MINUTE = 20
log = structlog.get_logger(__name__)


def clicked(request: HttpRequest, *, link: Link, delivery: Delivery | None) -> bool:
    """Keeps a click. False when it was one too many, or could not be kept: the reader goes on anyway."""
    named = delivery if delivery is not None and allows_tracking(delivery.contact_id) else None
    return _append(_hit(request, Hit.Kind.CLICK, link.campaign, named, link))


def opened(request: HttpRequest, *, delivery: Delivery) -> bool:
    """Keeps an open, of those who allow it."""
    if not allows_tracking(delivery.contact_id):
        return False
    return _append(_hit(request, Hit.Kind.OPEN, delivery.campaign, delivery, None))


def allows_tracking(contact_id: int) -> bool:
    purpose = purposes.by_key(purposes.TRACKING)
    return purpose is not None and Contact.objects.filter(rules.granted(purpose), pk=contact_id).exists()


def _hit(request: HttpRequest, kind: Hit.Kind, campaign: Campaign, delivery: Delivery | None, link: Link | None) -> Hit:
    is_announced = _says_prefetch(request)
    return Hit(
        kind=kind,
        campaign=campaign,
        delivery=delivery,
        link=link,
        user_agent=request.headers.get("User-Agent", "")[:LONGEST_AGENT].replace("\0", ""),
        ip_hash=_ip_hash(client_ip(request)),
        verdict=Hit.Verdict.PREFETCH if is_announced else "",
        verdict_reason=ANNOUNCED if is_announced else "",
    )


def _append(hit: Hit) -> bool:
    try:
        with transaction.atomic():
            if _is_flood(hit):
                return False
            hit.save(force_insert=True)
    except DatabaseError:
        log.exception("hit_lost", campaign=hit.campaign_id)
        return False
    return True


def _is_flood(hit: Hit) -> bool:
    recent = Hit.objects.filter(at__gt=hit.at - timedelta(minutes=1))
    if hit.delivery_id is not None:
        recent = recent.filter(delivery=hit.delivery_id)
    else:
        recent = recent.filter(ip_hash=hit.ip_hash, campaign=hit.campaign_id, delivery=None)
    return recent.count() >= MOST_IN_A_MINUTE


def _says_prefetch(request: HttpRequest) -> bool:
    """Browsers say so when they fetch ahead of their reader (W3C Prefetch, ``Sec-Purpose``)."""
    names = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")
    return any("prefetch" in request.headers.get(name, "").lower() for name in names)


def _ip_hash(ip: str) -> bytes:
    """The same for one place, tenant and day: enough to see a burst, too little to follow anybody."""
    day = timezone.now().date().isoformat()
    return keyed_hash("hit-from", f"{require_tenant_id()}:{day}:{ip}".encode())
