"""The door for events that other systems report."""

from __future__ import annotations

from collections.abc import Sequence

from contacts.ingest.raw import InvalidEvent, RawEvent, check, pack
from contacts.ingest.stream import hand_over

KIND = "events"
MOST_AT_ONCE = 1000


def offer(tenant_id: int, batch: Sequence[RawEvent], *, key: str = "") -> None:
    """Takes events for a tenant; they are in the history moments later, in any order.

    All or nothing: raises ``InvalidEvent`` for the first that can never be recorded, ``IntakeFull``
    when too much waits, and redis-py's errors when Redis is away. With a ``key`` the same batch
    counts once. A person nobody knows is found out later, and the event set aside.
    """
    if len(batch) > MOST_AT_ONCE:
        raise InvalidEvent(f"at most {MOST_AT_ONCE} events at once", MOST_AT_ONCE)
    for place, event in enumerate(batch):
        if reason := check(event):
            raise InvalidEvent(reason, place)
    for start in range(0, len(batch), _PARCEL):
        part = batch[start : start + _PARCEL]
        hand_over(tenant_id, KIND, pack(part), key=f"{key}:{start}" if key else "", count=len(part))


_PARCEL = 50
