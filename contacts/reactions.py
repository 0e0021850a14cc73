"""What upper rooms do when something happens: siblings meet here and never import each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contacts.events import NewEvent

Reaction = Callable[[Sequence["NewEvent"]], object]
_reactions: dict[str, list[Reaction]] = defaultdict(list)
_to_any: list[Reaction] = []


def register(event_name: str, reaction: Reaction) -> None:
    """``reaction`` runs inside the transaction that recorded the events, once per batch and name.

    It must be set-based and quick; anything slower enqueues a task.
    """
    _reactions[event_name].append(reaction)


def register_any(reaction: Reaction) -> None:
    """For what a workspace chooses to listen to: ``reaction`` gets every batch, whatever its names."""
    _to_any.append(reaction)


def is_heard(event_name: str) -> bool:
    """Whether any room listens to this event."""
    return event_name in _reactions


def react(recorded: Iterable[NewEvent]) -> None:
    """Called by ``events.record_many`` alone, with what was really written (no duplicates)."""
    batch = list(recorded)
    by_name: dict[str, list[NewEvent]] = defaultdict(list)
    for event in batch:
        if event.name in _reactions:
            by_name[event.name].append(event)
    for name, events in by_name.items():
        for reaction in _reactions[name]:
            reaction(events)
    for reaction in _to_any:
        reaction(batch)
