"""A line the size of a word: the shape of a figure's past."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.functional import Promise

from ecrm.ui.charts.geometry import percent

MARGIN = 6.0


@dataclass(frozen=True, slots=True)
class Sparkline:
    """Scaled between its own lowest and highest. ``label`` reads it out ("Orders, 12 weeks")."""

    label: str | Promise
    values: Sequence[float]
    template: str = field(default="ui/charts/spark.html", init=False)

    @property
    def points(self) -> str:
        last = max(len(self.values) - 1, 1)
        return " ".join(f"{percent(100 * i / last)},{percent(self._y(value))}" for i, value in enumerate(self.values))

    @property
    def end(self) -> str:
        return percent(self._y(self.values[-1])) if self.values else "50"

    def _y(self, value: float) -> float:
        low, high = min(self.values), max(self.values)
        if low == high:
            return 50.0
        return 100 - MARGIN - (100 - 2 * MARGIN) * (value - low) / (high - low)
