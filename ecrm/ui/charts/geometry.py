"""Where things go, in percent. Text, because a template would write 12,5 in half our languages."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, log10

_STEPS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


def percent(value: float) -> str:
    """12.5 gives "12.5", 30.0 gives "30"."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def ceiling(highest: float, ticks: int, *, is_whole: bool) -> float:
    """The top of an axis that divides into round steps and holds ``highest``."""
    if highest <= 0:
        return float(ticks)
    raw = highest / ticks
    size = 10.0 ** floor(log10(raw))
    step = next(s * size for s in _STEPS if s * size >= raw * (1 - 1e-9))
    return float(max(ceil(step), 1) if is_whole else step) * ticks


def points(values: Sequence[float], top: float) -> str:
    """The ``points`` of a polyline in a 0 0 100 100 box, y downwards."""
    return " ".join(f"{percent(x)},{percent(y)}" for x, y in places(values, top))


def places(values: Sequence[float], top: float) -> list[tuple[float, float]]:
    last = max(len(values) - 1, 1)
    return [(100 * i / last, 100 - 100 * value / top) for i, value in enumerate(values)]


def spread(count: int, at_most: int) -> list[int]:
    """Up to ``at_most`` indices from 0 to ``count - 1``, evenly spread, both ends included."""
    if count <= at_most:
        return list(range(count))
    return sorted({round(i * (count - 1) / (at_most - 1)) for i in range(at_most)})
