"""Delivery reports about our own answers: the answer is shown as not delivered, its writer told."""

from __future__ import annotations

from cases.models import Handover, HandoverState
from cases.sending.post import DESK
from ecrm.mail.inbound.letter import Bounced, BounceReport
from ecrm.mail.inbound.receivers import Arrival
from ecrm.mail.posting import journal


def take(arrival: Arrival) -> bool:
    """Whether the report is about an answer of ours. A mere delay is noted nowhere: it may still arrive."""
    report = arrival.letter.report
    if not isinstance(report, BounceReport) or not report.message_id:
        return False
    handover = Handover.objects.filter(message__message_id=report.message_id).select_related("message__case").first()
    if handover is None:
        return False
    failed = [each for each in report.recipients if each.action == "failed"]
    if failed and handover.state == HandoverState.SENT:
        journal.bounced(DESK, handover, reason=_words(failed[0]), code=failed[0].code)
    arrival.verdict = "report on an answer"
    return True


def _words(bounced: Bounced) -> str:
    return f"{bounced.status} {bounced.text}".strip()
