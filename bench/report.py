"""What a benchmark found: lines to read, and a JSON list to compare."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Measurement:
    """``limit`` is what was measured beside it in the same run, ``ratio`` is value / limit."""

    bench: str
    metric: str
    size: str
    value: float
    unit: str
    limit: float | None = None
    ratio: float | None = None


@dataclass(slots=True)
class Report:
    """``say`` takes remarks, ``add`` measurements; both are printed at once. ``only``: parts wanted, all if none."""

    bench: str
    size: str
    write: Callable[[str], object] = print
    measurements: list[Measurement] = field(default_factory=list)
    only: frozenset[str] = frozenset()

    def add(
        self, metric: str, value: float, unit: str, *, limit: float | None = None, ratio: float | None = None
    ) -> None:
        """``ratio`` is value / limit unless given."""
        if ratio is None and limit:
            ratio = value / limit
        found = Measurement(self.bench, metric, self.size, value, unit, limit, ratio)
        self.measurements.append(found)
        beside = f"   beside {limit:,.4g} {unit}" if limit is not None else ""
        times = f"   ratio {ratio:.3g}" if ratio is not None else ""
        self.write(f"{metric:<44} {value:>12,.4g} {unit:<12}{beside}{times}")

    def say(self, text: str) -> None:
        self.write(text)

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Says what is being done and, afterwards, how long it took."""
        began = perf_counter()
        yield
        self.write(f"{text} ({perf_counter() - began:.1f} s)")

    def describe_machine(self) -> None:
        load = ", ".join(f"{value:.2f}" for value in os.getloadavg())
        self.write(
            f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores, load {load}"
        )

    def save(self, path: Path) -> None:
        path.write_text(json.dumps([asdict(each) for each in self.measurements], indent=1) + "\n")
