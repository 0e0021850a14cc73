"""What follows from an answer of the relay: the journal, the person's history, suppression, the counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from campaigns.models import OutcomeKind
from campaigns.sending import journal, soft_bounces
from campaigns.sending.claims import Claim
from campaigns.sending.journal import Intended, Pending, Result
from consent import suppression
from contacts import events
from contacts.events import NewEvent
from ecrm.keys import address_hash
from ecrm.mail.addresses import normalise
from ecrm.mail.classify import Refusal, classify
from ecrm.mail.handover import Kind
from ecrm.mail.handover import Outcome as Answer

SENT, BOUNCED = "email.sent", "email.bounced"


def judge(pending: Pending, answer: Answer, *, most_deferrals: int) -> Result:
    """The relay's answer to this attempt, as the journal keeps it."""
    attempt = pending.attempt + 1
    if answer.kind is Kind.ACCEPTED:
        return Result(pending, attempt, OutcomeKind.SENT, answer.code)
    refusal = str(classify(answer.code, answer.enhanced, answer.text))
    match answer.kind:
        case Kind.FAILED:
            return Result(pending, attempt, OutcomeKind.FAILED, answer.code, refusal, answer.text)
        case Kind.UNKNOWN:
            return Result(pending, attempt, OutcomeKind.UNKNOWN, answer.code, "lost", answer.text)
        case Kind.UNSENT:
            return Result(pending, attempt, OutcomeKind.DEFERRED, answer.code, journal.UNSENT, answer.text)
        case Kind.DEFERRED:
            if pending.deferrals >= most_deferrals:
                return Result(pending, attempt, OutcomeKind.FAILED, answer.code, soft_bounces.GAVE_UP, answer.text)
    return Result(pending, attempt, OutcomeKind.DEFERRED, answer.code, refusal, answer.text)


def settle(held: Claim, results: Sequence[Result], *, campaign_name: str, rate: float) -> None:
    """Writes outcomes and all that follows from them, in the caller's transaction, set-based.

    Harmless when it runs again with the same results.
    """
    if not results:
        return
    fresh = journal.write(held.campaign_id, results)
    told, now = {"campaign": campaign_name}, timezone.now()
    events.record_many([event for result in fresh if (event := _event(held, result, told, now))])
    dead = [result for result in fresh if result.kind == OutcomeKind.FAILED and result.reason == Refusal.HARD]
    if dead:
        hashes = [address_hash(normalise(result.pending.address)) for result in dead]
        suppression.suppress_many(hashes, reason=suppression.Reason.HARD_BOUNCE)
    soft = [result for result in fresh if result.kind == OutcomeKind.FAILED and result.reason in soft_bounces.REASONS]
    soft_bounces.suppress_worn_out(result.pending.delivery_id for result in soft)
    journal.count(held, _changes((result.pending, str(result.kind)) for result in fresh), rate=rate)


def count_skipped(held: Claim, batch: Sequence[Pending], intended: Intended | None, *, rate: float) -> None:
    """Counts those whom the intent statement has left out, in its transaction."""
    if intended is not None and intended.skipped:
        skipped = [(each, OutcomeKind.SKIPPED.value) for each in batch if each.delivery_id in intended.skipped]
        journal.count(held, _changes(skipped), rate=rate)


def _changes(moves: Iterable[tuple[Pending, str]]) -> Counter[str]:
    """How the chunk's counts change when deliveries move to another kind."""
    changes: Counter[str] = Counter()
    for pending, kind in moves:
        changes[kind] += 1
        if pending.kind in (OutcomeKind.DEFERRED, OutcomeKind.UNKNOWN):
            changes[pending.kind] -= 1
    return changes


def _event(held: Claim, result: Result, told: dict[str, Any], at: datetime) -> NewEvent | None:
    if result.kind not in (OutcomeKind.SENT, OutcomeKind.FAILED):
        return None
    is_sent = result.kind == OutcomeKind.SENT
    return NewEvent(
        SENT if is_sent else BOUNCED,
        result.pending.contact_id,
        at=at,
        source="campaign",
        campaign_id=held.campaign_id,
        object_type="campaigns.delivery",
        object_id=result.pending.delivery_id,
        properties=told if is_sent else {**told, "code": result.code, "reason": result.reason},
    )
