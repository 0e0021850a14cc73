"""Messages nobody knows the fate of: asked for by Message-ID, never sent again blindly."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from django.utils import timezone

from campaigns.models import OutcomeKind
from campaigns.sending import journal
from campaigns.sending.journal import Pending, Result
from campaigns.sending.letters import Letter
from ecrm.mail.reconcilers import Answer, ReconcileError, reconciler_for
from ecrm.mail.relays import Reconcile, Relay

RECONCILED = "reconciled"


@dataclass(slots=True)
class Settled:
    """``results`` close the doubtful attempts, ``to_send`` may go out again, ``still_open`` has to wait."""

    results: list[Result] = field(default_factory=list)
    to_send: list[Pending] = field(default_factory=list)
    still_open: list[Pending] = field(default_factory=list)


def settle(doubtful: list[Pending], *, relay: Relay, letter: Letter) -> Settled:
    """Asks the relay, if it can be asked. Where it cannot, marketing stays unknown and is shown to a
    person; what a person is owed (a contract's mail) goes out again with the same Message-ID."""
    if relay.reconcile is Reconcile.NONE:
        return _unanswerable(doubtful)
    settled = Settled()
    answers = _ask(doubtful, relay, letter)
    believed_before = timezone.now() - timedelta(seconds=relay.grace_seconds)
    for pending in doubtful:
        answer = answers.get(pending.delivery_id)
        if answer is Answer.DELIVERED:
            settled.results.append(_closed(pending, OutcomeKind.SENT, RECONCILED))
        elif answer is Answer.REJECTED:
            settled.results.append(_closed(pending, OutcomeKind.FAILED, RECONCILED))
        elif answer is Answer.ABSENT and pending.intended_at and pending.intended_at < believed_before:
            _again(settled, pending)
        else:
            settled.still_open.append(pending)
    return settled


def _ask(doubtful: list[Pending], relay: Relay, letter: Letter) -> dict[int, Answer]:
    """By delivery id; empty when the relay cannot be asked just now."""
    reconciler = reconciler_for(relay)
    if reconciler is None:
        return {}
    ids = {letter.message_id(pending.delivery_id): pending.delivery_id for pending in doubtful}
    try:
        found = reconciler.found(list(ids))
    except ReconcileError:
        return {}
    return {ids[message_id]: answer for message_id, answer in found.items() if message_id in ids}


def _unanswerable(doubtful: list[Pending]) -> Settled:
    settled = Settled()
    for pending in doubtful:
        if pending.is_marketing:
            settled.results.append(_closed(pending, OutcomeKind.UNKNOWN, "unanswerable"))
        else:
            _again(settled, pending)
    return settled


def _again(settled: Settled, pending: Pending) -> None:
    settled.results.append(_closed(pending, OutcomeKind.DEFERRED, journal.ABSENT))
    settled.to_send.append(pending._replace(kind=OutcomeKind.DEFERRED.value, outcome_attempt=pending.attempt))


def _closed(pending: Pending, kind: OutcomeKind, reason: str) -> Result:
    return Result(pending, pending.attempt, kind, reason=reason)
