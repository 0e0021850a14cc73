"""Mail about campaigns and answers to them."""

from __future__ import annotations

from campaigns.engagement import fates, kinds
from campaigns.engagement.services import SOURCE
from campaigns.models import Delivery
from contacts import events
from contacts import services as contacts
from ecrm.mail.addresses import normalise
from ecrm.mail.fates import Fate, FateKind
from ecrm.mail.inbound.addresses import BOUNCE
from ecrm.mail.inbound.letter import Bounced, BounceReport, ComplaintReport
from ecrm.mail.inbound.receivers import Arrival

REPORTS, REPLIES = 10, 20
_HARMLESS = frozenset({"not-spam"})


def receive_report(arrival: Arrival) -> bool:
    """Bounces and complaints about deliveries, by the return path they came to or the message they quote."""
    report, returned = arrival.letter.report, _returned(arrival)
    if isinstance(report, ComplaintReport):
        return _follow(arrival, _complaint(report, returned or report.message_id))
    if isinstance(report, BounceReport):
        return _follow(arrival, _bounce(report, returned or report.message_id))
    if returned and arrival.letter.is_automatic:
        arrival.verdict = "automatic answer"
        return True
    return False


def receive_reply(arrival: Arrival) -> bool:
    """An answer to a delivery of ours: the history says so, and later receivers learn who and to what.

    Only a Message-ID that this tenant gave out leads to a campaign. Whoever answers is known by
    their own address, never taken to be the person the message went to. What answers by itself is
    taken here, so that a campaign opens no case for each of its out-of-office notes.
    """
    delivery = next((found for each in arrival.letter.answered_ids if (found := fates.delivery_of(each))), None)
    if delivery is None:
        return False
    arrival.campaign_id = delivery.campaign_id
    arrival.facts["delivery_id"] = delivery.pk
    if arrival.letter.is_automatic:
        arrival.verdict = "automatic answer"
        return True
    if arrival.contact is None and arrival.letter.sender:
        arrival.contact = contacts.find_by_email(arrival.letter.sender.address)
    _tell_replied(arrival, delivery)
    return False


def _follow(arrival: Arrival, fate: Fate | None) -> bool:
    if fate is None:
        arrival.verdict = "nothing to report"
        return fates.delivery_of(_returned(arrival)) is not None
    if not fates.follow(fate):
        return False
    arrival.verdict = f"bounce: {fate.refusal}" if fate.kind == FateKind.BOUNCED else str(fate.kind)
    return True


def _complaint(report: ComplaintReport, message: str) -> Fate | None:
    if report.kind in _HARMLESS:
        return None
    kind = FateKind.UNSUBSCRIBED if report.kind == "opt-out" else FateKind.COMPLAINED
    return Fate(kind, message, told_by="mail")


def _bounce(report: BounceReport, message: str) -> Fate | None:
    """Only a final failure counts; a delay may still end well."""
    failed = _concerning(report, message)
    if failed is None:
        return None
    return Fate(FateKind.BOUNCED, message, told_by="mail", code=failed.code, status=failed.status, text=failed.text)


def _concerning(report: BounceReport, message: str) -> Bounced | None:
    """The failed recipient we wrote to; where mail was passed on under another address, the first failed one."""
    failed = [each for each in report.recipients if each.action == "failed"]
    delivery = fates.delivery_of(message)
    own = delivery.address_norm if delivery else ""
    return next((each for each in failed if normalise(each.address) == own), failed[0] if failed else None)


def _returned(arrival: Arrival) -> str:
    """The token of the return path it came to, empty for other mail."""
    is_returned = arrival.mail.recipient.lower().startswith(f"{BOUNCE}+")
    return arrival.letter.token if is_returned else ""


def _tell_replied(arrival: Arrival, delivery: Delivery) -> None:
    events.record(
        kinds.REPLIED,
        contact=arrival.contact,
        at=arrival.mail.received_at,
        source=SOURCE,
        key=f"replied:{arrival.letter.message_id or arrival.mail.key}"[:200],
        campaign_id=delivery.campaign_id,
        subject=delivery,
        properties={"campaign": delivery.campaign.name, "subject": arrival.letter.subject},
    )
