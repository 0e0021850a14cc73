"""Who reads which kind of parcel. Rooms register theirs; a taker runs in the tenant's transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from contacts.events import NewEvent
from contacts.ingest.stream import Parcel

# Reads parcels of one tenant, does what they ask beside events, and answers the events.
Taker = Callable[[Sequence[Parcel]], list[NewEvent]]


@dataclass(frozen=True, slots=True)
class Found:
    """Whom a name of another system stands for: a person, a browser, or both."""

    contact_id: int | None
    visitor_id: int | None = None


# By name (of those asked for), whom they stand for; those nobody knows are left out.
Finder = Callable[[set[str]], Mapping[str, Found]]

_takers: dict[str, Taker] = {}
_finders: dict[str, Finder] = {}


def register(kind: str, taker: Taker) -> None:
    _takers[kind] = taker


def register_finder(kind: str, finder: Finder) -> None:
    """``kind`` is a key of ``RawEvent.person``."""
    _finders[kind] = finder


def taker(kind: str) -> Taker:
    """Raises ``LookupError`` for a kind no room has registered."""
    try:
        return _takers[kind]
    except KeyError:
        raise LookupError(f"No room takes parcels of kind {kind!r} (contacts.ingest.takers.register).") from None


def finder(kind: str) -> Finder:
    return _finders.get(kind) or (lambda _names: {})
