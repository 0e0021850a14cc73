"""Who takes the answer to a letter when they have something open with its writer: a case, say."""

from __future__ import annotations

from collections.abc import Callable

from contacts.models import Contact
from ecrm.mail.inbound.receivers import Arrival

Taker = Callable[[Arrival, Contact], bool]
_takers: list[Taker] = []


def register(taker: Taker) -> None:
    """``taker`` runs in the transaction of the mail, and answers whether it has put the mail where it belongs."""
    _takers.append(taker)


def take(arrival: Arrival, contact: Contact) -> bool:
    return any(taker(arrival, contact) for taker in _takers)
