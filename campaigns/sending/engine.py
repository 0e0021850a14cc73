"""One worker's turn at a campaign: claim, declare, hand over, write down, again.

    claim a chunk -> settle what is in doubt -> [throttle, intend | commit | hand over]* -> release

The outcomes of one window are written in the transaction that declares the next, so a window
costs one commit.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from time import monotonic

from campaigns.content.problems import ContentError
from campaigns.models import Campaign, OutcomeKind
from campaigns.models.campaign import State
from campaigns.sending import claims, doubts, hints, journal, letters, outcomes, states, throttles
from campaigns.sending.claims import Claim
from campaigns.sending.journal import Pending, Result
from campaigns.sending.letters import Letter
from ecrm.mail.handover import Kind, Outgoing
from ecrm.mail.handover import Outcome as Answer
from ecrm.mail.relays import Reconcile, Relay, RelayError, default_relay
from ecrm.mail.transports import Transport, transport_for
from ecrm.tenancy.context import tenant_transaction

TURN_SECONDS = 15.0  # then the other campaigns have theirs
CHUNK_SECONDS = 120.0  # a slow relay's chunk is given back, long before Celery would end the task
FIRST_WINDOW = 20
WINDOW_SECONDS = 0.25  # how much may be on its way when somebody presses pause
BACK_OFF_SECONDS = (60, 300, 1_800, 7_200, 28_800)
AFTER_ERROR_SECONDS = 10.0
RELAY_AWAY_SECONDS = 30.0


@dataclass(slots=True)
class Turn:
    """What a worker needs of a campaign for all of its chunks. ``window`` is how many messages are
    declared at once; it follows the relay's speed."""

    campaign: Campaign
    relay: Relay
    transport: Transport
    window: int

    @property
    def is_unknown_final(self) -> bool:
        return self.relay.reconcile is Reconcile.NONE


@dataclass(slots=True)
class Round:
    """One claim of one chunk. ``done`` waits to be written; ``waits`` are the reasons to come back."""

    turn: Turn
    held: Claim
    letter: Letter
    ready: list[Pending] = field(default_factory=list)
    done: list[Result] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    sent: int = 0
    began_at: float = field(default_factory=monotonic)

    @property
    def rate(self) -> float:
        return self.sent / max(monotonic() - self.began_at, 0.001)

    def settle(self) -> None:
        outcomes.settle(self.held, self.done, campaign_name=self.turn.campaign.name, rate=self.rate)


def work(campaign_id: int) -> None:
    """Works due chunks until there are none or the turn is over; asks for another turn then."""
    turn = _begin(campaign_id)
    if turn is None:
        return
    ends_at = monotonic() + TURN_SECONDS
    while held := claims.claim(campaign_id, turn.relay):
        try:
            _work_chunk(turn, held)
        except ContentError as error:
            claims.release(held, wait_seconds=0)
            states.hold(campaign_id, str(error))
            return
        if monotonic() > ends_at:
            hints.work(campaign_id)
            return
    states.finish(campaign_id)


def _begin(campaign_id: int) -> Turn | None:
    with tenant_transaction():
        found = Campaign.objects.select_related("purpose", "identity").filter(pk=campaign_id, state=State.SENDING)
        campaign = found.first()
    if campaign is None or campaign.identity is None:
        return None
    try:
        url = campaign.identity.relay_url
        relay = Relay.parse(url) if url else default_relay()
    except RelayError as error:
        states.hold(campaign_id, str(error))
        return None
    return Turn(campaign, relay, transport_for(relay), min(FIRST_WINDOW, relay.window))


def _work_chunk(turn: Turn, held: Claim) -> None:
    with tenant_transaction():
        todo = journal.pending(held.chunk_id, is_fresh=held.is_fresh, is_unknown_final=turn.is_unknown_final)
        letter = letters.letter(turn.campaign, held.content_id)
        todo = letter.filled(todo)
        assert turn.campaign.identity is not None
        buckets = throttles.applying(identity=turn.campaign.identity, recipient_domain=held.domain)
    this = Round(turn, held, letter)
    try:
        _sort(this, todo)
        while this.ready and _declare_and_send(this, buckets):
            if monotonic() > this.began_at + CHUNK_SECONDS:
                this.waits.append(0)
                break
    except BaseException:
        this.waits.append(AFTER_ERROR_SECONDS)
        raise
    finally:
        # Also on the way out of an error: what was handed over must not be forgotten.
        with tenant_transaction():
            this.settle()
        claims.release(held, wait_seconds=min(this.waits) if this.waits else None)


def _sort(this: Round, todo: list[Pending]) -> None:
    """Doubtful messages are asked about first; those found absent are sent like the others."""
    doubtful = [pending for pending in todo if pending.is_doubtful]
    this.ready = [pending for pending in todo if not pending.is_doubtful]
    if doubtful:
        settled = doubts.settle(doubtful, relay=this.turn.relay, letter=this.letter)
        this.done += settled.results
        this.ready += settled.to_send
        if settled.still_open:
            this.waits.append(this.turn.relay.grace_seconds)


def _declare_and_send(this: Round, buckets: list[int]) -> bool:
    """One window. False when this round is over: throttled, paused, lost, or the relay is away."""
    messages = _write_letters(this)
    with tenant_transaction():
        this.settle()
        grant = throttles.take(buckets, len(messages))
        batch = list(messages)[: grant.count]
        asked_at = monotonic()
        intended = _intend(this, batch) if batch else None
        outcomes.count_skipped(this.held, batch, intended, rate=this.rate)
    this.done = []
    if intended is None:
        this.waits += [grant.wait_seconds] if messages else []
        return not messages
    if not intended.is_ours:
        this.waits.append(0)
        return False
    this.held.renew(asked_at)
    del this.ready[: len(batch)]
    return _hand_over(this, {each: messages[each] for each in batch if each.delivery_id in intended.allowed})


def _write_letters(this: Round) -> dict[Pending, Outgoing]:
    """The next window's messages, before anything is declared: a fault here leaves no doubt behind."""
    date, messages = letters.today(), {}
    for pending in this.ready[: this.turn.window]:
        try:
            messages[pending] = this.letter.outgoing(pending, date=date)
        except ValueError as error:
            this.ready.remove(pending)
            this.done.append(Result(pending, pending.attempt + 1, OutcomeKind.FAILED, None, "unwritable", str(error)))
    return messages


def _intend(this: Round, batch: list[Pending]) -> journal.Intended:
    purpose = this.turn.campaign.purpose
    assert purpose is not None
    return journal.intend(this.held, {each.delivery_id: each.attempt + 1 for each in batch}, purpose=purpose)


def _hand_over(this: Round, messages: dict[Pending, Outgoing]) -> bool:
    if not messages:
        return True
    began_at, people = monotonic(), list(messages)
    answers = this.turn.transport.deliver(list(messages.values()))
    while monotonic() < this.held.stop_at and (answer := next(answers, None)) is not None:
        this.done.append(_result(this, people[len(this.done)], answer))
    taken = len(this.done)
    for pending in people[taken:]:
        this.done.append(_result(this, pending, Answer(Kind.UNSENT)))
    this.sent += taken
    this.turn.window = _next_window(this, taken, monotonic() - began_at)
    return not any(result.reason == journal.UNSENT for result in this.done)


def _result(this: Round, pending: Pending, answer: Answer) -> Result:
    result = outcomes.judge(pending, answer, most_deferrals=len(BACK_OFF_SECONDS))
    if result.kind == OutcomeKind.UNKNOWN:
        if not (this.turn.is_unknown_final and pending.is_marketing):
            this.waits.append(this.turn.relay.grace_seconds)
    elif result.kind == OutcomeKind.DEFERRED:
        is_away = result.reason == journal.UNSENT
        this.waits.append(RELAY_AWAY_SECONDS if is_away else _back_off(pending.deferrals))
    return result


def _back_off(deferrals: int) -> float:
    return BACK_OFF_SECONDS[min(deferrals, len(BACK_OFF_SECONDS) - 1)] * random.uniform(0.8, 1.2)


def _next_window(this: Round, taken: int, seconds: float) -> int:
    """As many messages as the relay takes in a quarter of a second, within what it can answer for."""
    speed = taken / max(seconds, 0.000_1)
    return max(1, min(int(speed * WINDOW_SECONDS), this.turn.relay.window))
