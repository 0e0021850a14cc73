"""What follows when a delivery bounces, is complained about or arrives: the journal, the history, suppression, consent.

Told twice or in another order it comes to the same: outcomes are unique, suppression keeps its first
reason, a withdrawal that stands is not repeated.
"""

from __future__ import annotations

from django.db.models import Max
from django.utils import timezone

from campaigns.engagement import kinds
from campaigns.engagement.services import SOURCE
from campaigns.models import Delivery, Intent, Outcome, OutcomeKind
from campaigns.sending import soft_bounces
from campaigns.sending.outcomes import BOUNCED
from consent import services as consent
from consent import suppression
from consent.models import Source
from contacts import events
from contacts import services as contacts
from contacts.models import Contact
from ecrm.mail import message_ids
from ecrm.mail.classify import Refusal
from ecrm.mail.fates import Fate, FateKind

_OUTCOMES = {
    FateKind.DELIVERED: OutcomeKind.DELIVERED,
    FateKind.BOUNCED: OutcomeKind.BOUNCED,
    FateKind.COMPLAINED: OutcomeKind.COMPLAINED,
}
_EVENTS = {FateKind.BOUNCED: BOUNCED, FateKind.COMPLAINED: kinds.COMPLAINED}


def delivery_of(message: str) -> Delivery | None:
    """The delivery a Message-ID or token names, if it is this tenant's."""
    found = message_ids.delivery_id(message) if message else None
    if found is None:
        return None
    return Delivery.objects.select_related("contact", "campaign__purpose").filter(pk=found).first()


def follow(fate: Fate) -> bool:
    """False when the message is none of a campaign's."""
    delivery = delivery_of(fate.message)
    if delivery is None:
        return False
    reason = str(fate.refusal) if fate.kind == FateKind.BOUNCED else fate.told_by
    _write_outcome(delivery, fate, reason)
    person = _person(delivery)
    if name := _EVENTS.get(fate.kind):
        _tell(name, delivery, person, fate, reason)
    if fate.kind == FateKind.BOUNCED and fate.refusal == Refusal.HARD:
        _suppress(delivery, suppression.Reason.HARD_BOUNCE)
    elif fate.kind == FateKind.BOUNCED and reason in soft_bounces.REASONS:
        soft_bounces.suppress_worn_out([delivery.pk])
    elif fate.kind == FateKind.COMPLAINED:
        _suppress(delivery, suppression.Reason.COMPLAINT)
        _withdraw(delivery, person, fate, Source.COMPLAINT)
    elif fate.kind == FateKind.UNSUBSCRIBED:
        _withdraw(delivery, person, fate, Source.API)
    return True


def _person(delivery: Delivery) -> Contact:
    """Who has the address now: people are merged."""
    return contacts.find_by_email(delivery.address) or delivery.contact


def _write_outcome(delivery: Delivery, fate: Fate, reason: str) -> None:
    kind = _OUTCOMES.get(fate.kind)
    if kind is None:
        return
    attempt = Intent.objects.filter(delivery=delivery).aggregate(last=Max("attempt"))["last"] or 1
    outcome = Outcome(
        campaign_id=delivery.campaign_id,
        delivery=delivery,
        attempt=attempt,
        kind=kind,
        code=fate.code or None,
        reason=reason[:40],
        text=f"{fate.status} {fate.text}".strip()[:300],
    )
    Outcome.objects.bulk_create([outcome], ignore_conflicts=True)


def _tell(name: str, delivery: Delivery, person: Contact, fate: Fate, reason: str) -> None:
    told = {"campaign": delivery.campaign.name}
    if fate.kind == FateKind.BOUNCED:
        told = {**told, "reason": reason}
    events.record(
        name,
        contact=person,
        at=fate.at if fate.at and fate.at <= timezone.now() else None,
        source=SOURCE,
        key=f"{fate.kind}:{delivery.pk}:{reason if fate.kind == FateKind.BOUNCED else ''}",
        campaign_id=delivery.campaign_id,
        subject=delivery,
        properties=told,
    )


def _suppress(delivery: Delivery, reason: str) -> None:
    if bytes(delivery.address_hash):
        suppression.suppress(address_hash=bytes(delivery.address_hash), reason=reason)


def _withdraw(delivery: Delivery, person: Contact, fate: Fate, source: str) -> None:
    """An objection with its proof: which message, told by whom."""
    purpose = delivery.campaign.purpose
    if purpose is None:
        return
    evidence = {
        "campaign": delivery.campaign_id,
        "delivery": delivery.pk,
        "origin": fate.told_by,
        "kind": str(fate.kind),
    }
    consent.withdraw(contact=person, purpose=purpose, source=source, evidence=evidence)
