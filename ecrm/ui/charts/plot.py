"""Values over time: a line, an area under the first series, or bars side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from django.utils.functional import Promise

from ecrm.ui import formats
from ecrm.ui.charts.geometry import ceiling, percent, places, points, spread

Text = str | Promise
BAR_SHARE = 0.7
MOST_LABELS = 6
MOST_BAR_LABELS = 14


@dataclass(frozen=True, slots=True)
class Series:
    """``style`` is a class of the design: empty (first colour), prev (dashed, before), two."""

    label: Text
    values: Sequence[float]
    style: str = ""


@dataclass(frozen=True, slots=True)
class Tick:
    y: str
    text: str


@dataclass(frozen=True, slots=True)
class AxisLabel:
    x: str
    anchor: str
    text: Text


@dataclass(frozen=True, slots=True)
class Rect:
    x: str
    y: str
    width: str
    height: str
    style: str
    title: str


@dataclass(frozen=True)
class Plot:
    """Values of at least 0, one per label in each series.

    ``key`` is unique on the page. ``summary`` says in a sentence what the picture shows.
    ``heading`` names the labels in the table ("Week of"). ``write`` makes a value readable,
    ``write_axis`` may shorten it.
    """

    key: str
    labels: Sequence[Text]
    series: Sequence[Series]
    summary: Text
    heading: Text
    kind: Literal["line", "bars"] = "line"
    write: Callable[[float], str] = formats.number
    write_axis: Callable[[float], str] = formats.axis_number
    size: Literal["", "sm"] = ""
    is_whole: bool = True
    tick_count: int = 4
    template: str = field(default="ui/charts/plot.html", init=False)

    @property
    def is_empty(self) -> bool:
        return not any(value for series in self.series for value in series.values)

    @property
    def top(self) -> float:
        highest = max((v for series in self.series for v in series.values), default=0)
        return ceiling(highest, self.tick_count, is_whole=self.is_whole)

    @property
    def ticks(self) -> list[Tick]:
        top, count = self.top, self.tick_count
        return [Tick(percent(100 * i / count), self.write_axis(top - top * i / count)) for i in range(count)]

    @property
    def lines(self) -> list[tuple[str, str]]:
        """(style, points), the first series last, so that it lies on top."""
        drawn = [(series.style, points(series.values, self.top)) for series in self.series]
        return drawn[::-1]

    @property
    def area(self) -> str:
        return f"{points(self.series[0].values, self.top)} 100,100 0,100"

    @property
    def last(self) -> tuple[str, str, str, str]:
        """x, y, dy and text of the direct label at the end of the first series."""
        values = self.series[0].values
        x, y = places(values, self.top)[-1]
        return percent(x), percent(y), "16" if y < 12 else "-10", self.write(values[-1])

    @property
    def rects(self) -> list[Rect]:
        slot = 100 / max(len(self.labels), 1)
        width = slot * BAR_SHARE / max(len(self.series), 1)
        return [
            self._rect(label, index, nth, slot, width)
            for index, label in enumerate(self.labels)
            for nth in range(len(self.series))
        ]

    @property
    def axis(self) -> list[AxisLabel]:
        count = len(self.labels)
        if self.kind == "bars":
            slot = 100 / max(count, 1)
            shown = spread(count, MOST_BAR_LABELS if count <= MOST_BAR_LABELS else MOST_LABELS)
            return [AxisLabel(percent(slot * (i + 0.5)), "m", self.labels[i]) for i in shown]
        last = max(count - 1, 1)
        return [
            AxisLabel(percent(100 * i / last), _anchor(i, count), self.labels[i]) for i in spread(count, MOST_LABELS)
        ]

    @property
    def rows(self) -> list[tuple[Text, list[str]]]:
        columns = [[self.write(value) for value in series.values] for series in self.series]
        return [(label, [column[i] for column in columns]) for i, label in enumerate(self.labels)]

    def _rect(self, label: Text, index: int, nth: int, slot: float, width: float) -> Rect:
        series = self.series[nth]
        height = 100 * series.values[index] / self.top
        x = slot * index + slot * (1 - BAR_SHARE) / 2 + width * nth
        gap = width * 0.06 if len(self.series) > 1 else 0
        title = f"{label}, {series.label}: {self.write(series.values[index])}"
        return Rect(
            percent(x + gap), percent(100 - height), percent(width - 2 * gap), percent(height),
            series.style, title,
        )  # fmt: skip


def _anchor(index: int, count: int) -> str:
    if index == 0:
        return ""
    return "e" if index == count - 1 else "m"
