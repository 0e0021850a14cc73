"""What upper rooms do when something happens: siblings meet here and never import each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from contacts.events import NewEvent

Reaction = Callable[[Sequence["NewEvent"]], object]


class _Listener(NamedTuple):
    reaction: Reaction
    as_sql: str


_listeners: dict[str, list[_Listener]] = defaultdict(list)
_to_any: list[Reaction] = []


def register(event_name: str, reaction: Reaction, *, as_sql: str = "") -> None:
    """``reaction`` runs inside the transaction that recorded the events, once per batch and name.

    It must be set-based and quick; anything slower enqueues a task. ``as_sql`` does the same as one
    INSERT that reads ``tenant_id`` and ``contact_id`` from ``{heard}``, each person once: it goes along
    where a statement records events by the ten thousand (``contacts.event_sets``), and nobody is called.
    """
    _listeners[event_name].append(_Listener(reaction, as_sql))


def register_any(reaction: Reaction) -> None:
    """For what a workspace chooses to listen to: ``reaction`` gets every batch, whatever its names."""
    _to_any.append(reaction)


def is_called(event_name: str) -> bool:
    """Whether a room must be called about this event, since it does not react in SQL."""
    return any(not listener.as_sql for listener in _listeners.get(event_name, ()))


def statements(event_names: Iterable[str]) -> dict[str, list[str]]:
    """What rooms do about these events in SQL, with the names each statement is for."""
    found: dict[str, list[str]] = defaultdict(list)
    for name in event_names:
        for listener in _listeners.get(name, ()):
            if listener.as_sql:
                found[listener.as_sql].append(name)
    return dict(found)


def react(recorded: Iterable[NewEvent], *, ran_statements: bool = False) -> None:
    """Called by ``contacts.events`` and ``contacts.event_sets`` alone, with what was really written."""
    batch = list(recorded)
    by_name: dict[str, list[NewEvent]] = defaultdict(list)
    for event in batch:
        by_name[event.name].append(event)
    for name, events in by_name.items():
        for listener in _listeners.get(name, ()):
            if not (ran_statements and listener.as_sql):
                listener.reaction(events)
    for reaction in _to_any:
        reaction(batch)
