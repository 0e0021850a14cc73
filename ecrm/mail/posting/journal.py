"""What became of a mail. Each step is a conditional UPDATE in a transaction of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q
from django.db.models.functions import Now

from ecrm.mail.posting.desk import Desk
from ecrm.mail.posting.handovers import HandoverState as State
from ecrm.tenancy.context import tenant_transaction

# Longer than a relay may keep a connection waiting: until then another worker still has it.
LEASE = timedelta(minutes=3)
_INTENT = {"state": State.SENDING, "attempts": F("attempts") + 1, "intended_at": Now()}
_ABANDONED = Q(state=State.SENDING, intended_at__lt=Now() - LEASE)


@dataclass(frozen=True, slots=True)
class Claim:
    """A mail that is ours to hand over. ``is_in_doubt``: somebody else may have done so already."""

    handover: Any
    is_in_doubt: bool


def claim(desk: Desk, subject_id: int) -> Claim | None:
    """Intends to send what is waiting and due, or takes over what a dead worker left behind.

    None when there is nothing to send, or another worker still has it (``is_under_way``).
    """
    with tenant_transaction():
        row = desk.of(subject_id)
        is_ours = row.filter(state=State.WAITING, due_at__lte=Now()).update(**_INTENT)
        is_in_doubt = not is_ours and row.filter(_ABANDONED).update(**_INTENT)
        if not is_ours and not is_in_doubt:
            return None
        handover = row.select_related(*desk.related).get()
        desk.taken_up(handover)
        return Claim(handover, bool(is_in_doubt))


def is_under_way(desk: Desk, subject_id: int) -> bool:
    """Whether a worker has it, alive or not: it has to be looked at again after ``LEASE``."""
    with tenant_transaction():
        return desk.of(subject_id).filter(state=State.SENDING).exists()


def settle(desk: Desk, handover: Any, to: State, *, code: int = 0, text: str = "") -> bool:
    """Writes the outcome of this attempt. False when another worker has settled it."""
    with tenant_transaction():
        settled = _settle(desk, handover, to, code=code, text=text)
        if settled and to in (State.FAILED, State.UNKNOWN):
            desk.failed(handover)
    return settled


def put_off(desk: Desk, handover: Any, *, until: datetime, code: int, text: str) -> bool:
    """Not taken this time: it waits for its next attempt."""
    with tenant_transaction():
        return _settle(desk, handover, State.WAITING, code=code, text=text, due_at=until)


def bounced(desk: Desk, handover: Any, *, reason: str, code: int) -> None:
    """The relay took it, and its reader's host sent it back. Inside the caller's transaction."""
    told = desk.model.objects.filter(pk=handover.pk, state=State.SENT).update(
        state=State.FAILED, reply_code=code or None, reply_text=reason[:300]
    )
    if told:
        desk.failed(handover)


def _settle(desk: Desk, handover: Any, to: State, *, code: int, text: str, due_at: datetime | None = None) -> bool:
    held = desk.model.objects.filter(pk=handover.pk, state=State.SENDING, attempts=handover.attempts)
    return bool(
        held.update(
            state=to,
            reply_code=code or None,
            reply_text=text[:300],
            settled_at=None if to == State.WAITING else Now(),
            due_at=due_at or handover.due_at,
        )
    )
