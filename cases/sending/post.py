"""Handing one answer over."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from cases.models import Handover, HandoverState
from cases.sending import journal, letters
from cases.services.answering import SEND
from ecrm.jobs.outbox import enqueue
from ecrm.mail.handover import Kind, Outcome
from ecrm.mail.reconcilers import Answer, ReconcileError, reconciler_for
from ecrm.mail.transports import send_now
from ecrm.tenancy.context import tenant_transaction

MOST_ATTEMPTS = 8
WAITS = (10, 60, 300, 900, 1800, 3600, 7200)  # seconds before each further attempt
GRACE = timedelta(seconds=10)  # a relay may still read what a broken connection left in its buffers
_SETTLED = {Answer.DELIVERED: HandoverState.SENT, Answer.REJECTED: HandoverState.FAILED}


def send(message_id: int) -> None:
    """Sends an answer that is due, once. Harmless when it runs again or with nothing to do."""
    claim = journal.claim(message_id)
    if claim is None:
        if journal.is_under_way(message_id):
            _again(message_id, journal.LEASE + GRACE)
        return
    handover = claim.handover
    with tenant_transaction():
        letter = letters.compose(handover)
    if letter is None:
        journal.settle(handover, HandoverState.FAILED, text="no sender or no usable address")
    elif not claim.is_in_doubt or _is_absent(handover, letter):
        _settle(handover, letter, send_now(letter.outgoing, relay=letter.relay))


def _settle(handover: Handover, letter: letters.Letter, outcome: Outcome) -> None:
    match outcome.kind:
        case Kind.ACCEPTED:
            journal.settle(handover, HandoverState.SENT, code=outcome.code)
        case Kind.FAILED:
            journal.settle(handover, HandoverState.FAILED, code=outcome.code, text=outcome.text)
        case Kind.UNKNOWN if reconciler_for(letter.relay) is None:
            journal.settle(handover, HandoverState.UNKNOWN, text=outcome.text)
        case Kind.UNKNOWN:
            _again(handover.message_id, journal.LEASE + GRACE)
        case _:
            _put_off(handover, outcome)


def _put_off(handover: Handover, outcome: Outcome) -> None:
    if handover.attempts >= MOST_ATTEMPTS:
        journal.settle(handover, HandoverState.FAILED, code=outcome.code, text=outcome.text)
        return
    until = timezone.now() + timedelta(seconds=WAITS[min(handover.attempts, len(WAITS)) - 1])
    if journal.put_off(handover, until=until, code=outcome.code, text=outcome.text):
        _again(handover.message_id, until - timezone.now())


def _is_absent(handover: Handover, letter: letters.Letter) -> bool:
    """Asks the relay what became of an attempt nobody settled, and settles it if it knows.

    True only when the relay never had it, so that it may be handed over again.
    """
    reconciler = reconciler_for(letter.relay)
    if reconciler is None:
        journal.settle(handover, HandoverState.UNKNOWN)
        return False
    message_id = letter.outgoing.message_id
    try:
        answer = reconciler.found([message_id]).get(message_id)
    except ReconcileError:
        _again(handover.message_id, journal.LEASE + GRACE)
        return False
    if answer in _SETTLED:
        journal.settle(handover, _SETTLED[answer])
    return answer is Answer.ABSENT


def _again(message_id: int, wait: timedelta) -> None:
    with tenant_transaction():
        enqueue(SEND, due_at=timezone.now() + wait, message_id=message_id)
