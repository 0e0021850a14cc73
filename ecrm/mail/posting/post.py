"""Handing one mail over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from ecrm.mail.handover import Kind, Outcome
from ecrm.mail.posting import journal
from ecrm.mail.posting.desk import Desk, Finished
from ecrm.mail.posting.handovers import HandoverState
from ecrm.mail.reconcilers import Answer, ReconcileError, reconciler_for
from ecrm.mail.transports import send_now
from ecrm.tenancy.context import tenant_transaction

MOST_ATTEMPTS = 8
WAITS = (10, 60, 300, 900, 1800, 3600, 7200)  # seconds before each further attempt
GRACE = timedelta(seconds=10)  # a relay may still read what a broken connection left in its buffers
_SETTLED = {Answer.DELIVERED: HandoverState.SENT, Answer.REJECTED: HandoverState.FAILED}


def send(desk: Desk, subject_id: int) -> None:
    """Sends a mail that is due, once. Harmless when it runs again or with nothing to do."""
    claim = journal.claim(desk, subject_id)
    if claim is None:
        if journal.is_under_way(desk, subject_id):
            _again(desk, subject_id, journal.LEASE + GRACE)
        return
    handover = claim.handover
    with tenant_transaction():
        refusal = "" if claim.is_in_doubt else desk.refusal(handover)
        finished = None if refusal else desk.compose(handover)
    if finished is None:
        text = refusal or "no sender or no usable address"
        journal.settle(desk, handover, HandoverState.FAILED, text=text)
    elif not claim.is_in_doubt or _is_absent(desk, handover, finished):
        _settle(desk, handover, finished, send_now(finished.outgoing, relay=finished.relay))


def _settle(desk: Desk, handover: Any, finished: Finished, outcome: Outcome) -> None:
    match outcome.kind:
        case Kind.ACCEPTED:
            journal.settle(desk, handover, HandoverState.SENT, code=outcome.code)
        case Kind.FAILED:
            journal.settle(desk, handover, HandoverState.FAILED, code=outcome.code, text=outcome.text)
        case Kind.UNKNOWN if reconciler_for(finished.relay) is None:
            journal.settle(desk, handover, HandoverState.UNKNOWN, text=outcome.text)
        case Kind.UNKNOWN:
            _again(desk, desk.subject_id(handover), journal.LEASE + GRACE)
        case _:
            _put_off(desk, handover, outcome)


def _put_off(desk: Desk, handover: Any, outcome: Outcome) -> None:
    if handover.attempts >= MOST_ATTEMPTS:
        journal.settle(desk, handover, HandoverState.FAILED, code=outcome.code, text=outcome.text)
        return
    until = timezone.now() + timedelta(seconds=WAITS[min(handover.attempts, len(WAITS)) - 1])
    if journal.put_off(desk, handover, until=until, code=outcome.code, text=outcome.text):
        _again(desk, desk.subject_id(handover), until - timezone.now())


def _is_absent(desk: Desk, handover: Any, finished: Finished) -> bool:
    """Asks the relay what became of an attempt nobody settled, and settles it if it knows.

    True only when the relay never had it, so that it may be handed over again.
    """
    reconciler = reconciler_for(finished.relay)
    if reconciler is None:
        journal.settle(desk, handover, HandoverState.UNKNOWN)
        return False
    message_id = finished.outgoing.message_id
    try:
        answer = reconciler.found([message_id]).get(message_id)
    except ReconcileError:
        _again(desk, desk.subject_id(handover), journal.LEASE + GRACE)
        return False
    if answer in _SETTLED:
        journal.settle(desk, handover, _SETTLED[answer])
    return answer is Answer.ABSENT


def _again(desk: Desk, subject_id: int, wait: timedelta) -> None:
    with tenant_transaction():
        desk.ask(subject_id, due_at=timezone.now() + wait)
