"""Where a link of a mail leads in the end: rooms above may mark the address for the person who follows it."""

from __future__ import annotations

from collections.abc import Callable

from campaigns.engagement import hits
from campaigns.models import Delivery

# The address and whose it is; answers the address marked, or the same.
Marker = Callable[[str, int], str]
_markers: list[Marker] = []


def register(marker: Marker) -> None:
    """``marker`` is asked only about people who allow tracking."""
    _markers.append(marker)


def of(url: str, delivery: Delivery | None) -> str:
    """The address to send a reader to; of those who do not allow tracking as it was written."""
    if delivery is None or not _markers or not hits.allows_tracking(delivery.contact_id):
        return url
    for mark in _markers:
        url = mark(url, delivery.contact_id)
    return url
