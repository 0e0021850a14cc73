"""Who takes a mail: upper rooms register here, and never meet each other but on the ``Arrival``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ecrm.mail.inbound.letter import Letter
from ecrm.mail.models import InboundMail


@dataclass(slots=True)
class Arrival:
    """A mail on its way through the receivers. An earlier one may add what it knows for a later.

    ``contact`` is a ``contacts.models.Contact`` (this room knows none). ``facts`` holds what has no
    field of its own. ``verdict`` says in short what became of the mail, for its row.
    """

    mail: InboundMail
    letter: Letter
    contact: Any = None
    campaign_id: int | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    verdict: str = ""


Receiver = Callable[[Arrival], bool]
_receivers: list[tuple[int, Receiver]] = []


def register(order: int, receiver: Receiver) -> None:
    """``receiver`` runs inside the transaction of the mail, smaller ``order`` first. True: taken,
    nobody else is asked. It may run again for the same mail after a crash: keys, not luck."""
    _receivers.append((order, receiver))
    _receivers.sort(key=lambda each: each[0])


def offer(arrival: Arrival) -> bool:
    """Whether somebody took it."""
    return any(receiver(arrival) for _order, receiver in _receivers)
