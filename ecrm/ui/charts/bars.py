"""Few values compared: bar lists, funnels, and one bar split into states."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext

from ecrm.ui import formats
from ecrm.ui.charts.geometry import percent

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Bar:
    """``note`` stands after the value (a change, a share); ``tone`` colours it good or bad."""

    label: Text
    value: float
    note: Text = ""
    tone: str = ""
    url: str = ""
    style: str = ""


@dataclass(frozen=True, slots=True)
class BarList:
    """Bars against the longest, or against ``whole``. The figures stand beside them as text."""

    bars: Sequence[Bar]
    write: Callable[[float], str] = formats.number
    whole: float | None = None
    template: str = field(default="ui/charts/barlist.html", init=False)

    @property
    def has_notes(self) -> bool:
        return any(bar.note for bar in self.bars)

    @property
    def rows(self) -> list[tuple[Bar, str, str]]:
        """Bar, width in percent, value as text."""
        top = self.whole or max((bar.value for bar in self.bars), default=0)
        return [(bar, _width(bar.value, top), self.write(bar.value)) for bar in self.bars]


@dataclass(frozen=True, slots=True)
class Step:
    """``base`` names what the rate is of; by default the step before."""

    label: Text
    value: int
    base: Text = ""


@dataclass(frozen=True, slots=True)
class Funnel:
    """What is left after each step: its count, its share of the first, its share of the one before."""

    steps: Sequence[Step]
    template: str = field(default="ui/charts/funnel.html", init=False)

    @property
    def rows(self) -> list[tuple[Step, str, str, str, str]]:
        """Step, width in percent, count, share of the first, and the rate with its base."""
        first = self.steps[0].value if self.steps else 0
        before = [0, *(step.value for step in self.steps)]
        return [
            (
                step,
                _width(step.value, first),
                formats.number(step.value),
                formats.percent(formats.share(step.value, first)),
                self._rate(step, before[i]) if i else "",
            )
            for i, step in enumerate(self.steps)
        ]

    def _rate(self, step: Step, before: int) -> str:
        if step.base:
            return str(step.base)
        if not before:
            return ""
        rate = formats.percent(step.value / before)
        return gettext("%(rate)s of previous") % {"rate": rate}


@dataclass(frozen=True, slots=True)
class Slice:
    """``tone``: good, warn, bad, off, or empty for the first data colour."""

    label: Text
    value: int
    tone: str = ""


@dataclass(frozen=True, slots=True)
class SplitBar:
    """One bar of states with its legend. What is missing to ``whole`` stays unfilled."""

    slices: Sequence[Slice]
    whole: int | None = None
    rest_label: Text = ""
    template: str = field(default="ui/charts/splitbar.html", init=False)

    @property
    def total(self) -> int:
        return self.whole or sum(part.value for part in self.slices)

    @property
    def rest(self) -> int:
        return max(self.total - sum(part.value for part in self.slices), 0)

    @property
    def summary(self) -> str:
        """Every state with its share, for those who do not see the bar."""
        named = [(part.label, part.value) for part in self.slices]
        if self.rest_label:
            named.append((self.rest_label, self.rest))
        return ", ".join(f"{label} {formats.percent(formats.share(value, self.total))}" for label, value in named)

    @property
    def rects(self) -> list[tuple[str, str, str]]:
        """x, width, tone."""
        x, drawn = 0.0, []
        for part in self.slices:
            width = 100 * part.value / self.total if self.total else 0
            drawn.append((percent(x), percent(width), part.tone))
            x += width
        return drawn


def _width(value: float, top: float) -> str:
    return percent(min(100 * value / top, 100)) if top > 0 else "0"
