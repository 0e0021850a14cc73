"""What a new tenant sets up. Each room registers its steps; whether one is done is computed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Step:
    """``is_done`` asks the rows (one cheap query), never a click. ``url_name`` is where it is done."""

    key: str
    title: str | Promise
    note: str | Promise
    url_name: str
    is_done: Callable[[], bool]
    capability: str | None
    order: int


_steps: dict[str, Step] = {}


def register(step: Step) -> None:
    """Adds or replaces the step of that key."""
    _steps[step.key] = step


def steps(may: Callable[[str], bool]) -> list[Step]:
    allowed = (s for s in _steps.values() if s.capability is None or may(s.capability))
    return sorted(allowed, key=lambda step: step.order)
