"""Who takes the answer to a letter when they have something open with its writer: a case, say."""

from __future__ import annotations

from collections.abc import Callable

from contacts.models import Contact
from ecrm.mail.inbound.receivers import Arrival

Taker = Callable[[Arrival, Contact], str | None]
_takers: list[Taker] = []


def register(taker: Taker) -> None:
    """``taker`` runs in the transaction of the mail. It answers the path, inside the tenant, of what it has put
    the mail into; empty when that was done before, None when nothing is open."""
    _takers.append(taker)


def take(arrival: Arrival, contact: Contact) -> str | None:
    """As the first taker that had something open says."""
    paths = (taker(arrival, contact) for taker in _takers)
    return next((path for path in paths if path is not None), None)
