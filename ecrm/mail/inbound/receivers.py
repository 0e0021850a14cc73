"""Who takes a mail: upper rooms register here, and never meet each other but on the ``Arrival``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from ecrm.mail.inbound.letter import Letter
from ecrm.mail.models import InboundMail


@dataclass(slots=True, eq=False)
class Arrival:
    """A mail on its way through the receivers. An earlier one may add what it knows for a later.

    ``contact`` is a ``contacts.models.Contact`` (this room knows none). ``facts`` holds what has no
    field of its own. ``verdict`` says in short what became of the mail, for its row.
    ``is_for_later``: it cannot be taken among many, but may be alone.
    """

    mail: InboundMail
    letter: Letter
    contact: Any = None
    campaign_id: int | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    verdict: str = ""
    is_for_later: bool = False


Receiver = Callable[[Arrival], bool]
# Answers which of them it took; what has to be offered alone it marks ``is_for_later``.
Many = Callable[[Sequence[Arrival]], Collection[Arrival]]
_receivers: list[tuple[int, Receiver]] = []
_many: dict[Receiver, Many] = {}


def register(order: int, receiver: Receiver, *, together: Many | None = None) -> None:
    """``receiver`` runs inside the transaction of the mail, smaller ``order`` first. True: taken,
    nobody else is asked. It may run again for the same mail after a crash: keys, not luck.

    ``together`` does the same for many ordinary mails (no report, no answer) in one transaction."""
    _receivers.append((order, receiver))
    if together is not None:
        _many[receiver] = together
    _receivers.sort(key=lambda each: each[0])


def offer(arrival: Arrival) -> bool:
    """Whether somebody took it."""
    return any(receiver(arrival) for _order, receiver in _receivers)


def offer_together(arrivals: Sequence[Arrival]) -> set[int]:
    """The ids of the mails somebody took. Each receiver sees what the earlier ones left."""
    left, taken = list(arrivals), set()
    for _order, receiver in _receivers:
        took = {each.mail.pk for each in _take(receiver, left)} if left else set()
        taken |= took
        left = [each for each in left if each.mail.pk not in took and not each.is_for_later]
    return taken


def _take(receiver: Receiver, arrivals: list[Arrival]) -> Collection[Arrival]:
    together = _many.get(receiver)
    return together(arrivals) if together else [each for each in arrivals if receiver(each)]
