"""Whoever writes from an address can be written to: a block for soft bounces ends with their first mail."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from consent import suppression
from consent.models import Channel, Suppression
from ecrm.audit import services as audit
from ecrm.keys import address_hash
from ecrm.mail.addresses import normalise
from ecrm.mail.inbound.receivers import Arrival

# Before everybody who may take the mail.
ORDER = 1


def notice(arrival: Arrival) -> bool:
    """Takes no mail; only looks who wrote it."""
    return bool(notice_many([arrival]))


def notice_many(arrivals: Sequence[Arrival]) -> list[Arrival]:
    written = {
        each.letter.sender.address: each.mail.received_at
        for each in arrivals
        if each.letter.sender and not each.letter.is_automatic and not each.letter.report
    }
    if written:
        lift_answered(written, at=max(written.values()))
    return []


def lift_answered(addresses: Iterable[str], *, at: datetime) -> int:
    """Ends the soft-bounce blocks of these addresses; other blocks stay. Returns how many ended."""
    hashes = [address_hash(normalise(address)) for address in addresses]
    blocks = Suppression.objects.filter(
        channel=Channel.EMAIL, address_hash__in=hashes, reason=suppression.Reason.SOFT_BOUNCE, lifted_at=None
    )
    found = list(blocks.select_for_update())
    for block in found:
        suppression.end(block, at=at)
        audit.record("suppression.lifted", by=None, subject=block, reason="answered", at=at)
    return len(found)
