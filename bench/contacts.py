"""The contact base in one report: pages, segments, import and duplicates, at three sizes, and how each grows.

The parts are benchmarks of their own (``bench pages``, ``lists``, ``segments``, ``walls``, ``imports``,
``duplicates``), run here at a hundredth, a tenth and the whole of the size, in one tenant among many;
``--only lists,segments`` leaves the others out. Beside the growth stands the last tenfold alone: a page should
not notice it, work over everybody should take ten times as long, and a rate should stay as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from bench import duplicates, imports, lists, pages, population, segments, walls
from bench.pages import p95
from bench.report import Measurement, Report
from bench.sizes import count_of, name_of
from contacts.segments import counting
from ecrm.tenancy.context import tenant_context

DEFAULT_SIZE = "100k"
LEAST = 1_000
COUNTS = 20
GOAL_COUNT_MS = 1_000.0

PARTS: dict[str, Callable[[str, Report], None]] = {
    "pages": pages.run,
    "lists": lists.run,
    "segments": segments.run,
    "walls": walls.run,
    "imports": imports.run,
    "duplicates": duplicates.run,
}


def run(size: str, report: Report) -> None:
    sizes = [
        name_of(count) for count in (count_of(size) // 100, count_of(size) // 10, count_of(size)) if count >= LEAST
    ]
    with report.step(f"One tenant among {population.NEIGHBOURS + 1}"):
        population.neighbours()
    by_size = {each: _measured(each, report) for each in sizes}
    for found in by_size.values():
        report.measurements += found
    _say_growth(by_size, report)


def _measured(size: str, report: Report) -> list[Measurement]:
    """Every part at one size."""
    report.say(f"\n{size} contacts")
    found: list[Measurement] = []
    for name, part in {**PARTS, "counts": count_while_editing}.items():
        if report.only and name not in report.only:
            continue
        report.say(f"\n{name}")
        own = Report(f"{report.bench}.{name}", size, report.write)
        part(size, own)
        found += own.measurements
    return found


def count_while_editing(size: str, report: Report) -> None:
    """Each reference rule counted with the drop-off of its conditions, as after every change in the editor."""
    tenant = population.tenant_of(size)
    for rule in segments._rules(tenant):
        times = []
        for _round in range(COUNTS):
            with tenant_context(tenant):
                began = perf_counter()
                counting.drop_off(rule.tree)
                times.append(1000 * (perf_counter() - began))
        report.add(f"segment count while editing p95: {rule.name}", p95(times), "ms", limit=GOAL_COUNT_MS)


def _say_growth(by_size: dict[str, list[Measurement]], report: Report) -> None:
    """One line a measurement: its value at each size, and the last over the one before."""
    report.say(f"\n{'growth':<64}" + "".join(f"{size:>12}" for size in by_size) + f"{'last tenfold':>16}")
    known = [{(each.bench, each.metric): each for each in found} for found in by_size.values()]
    for key, last in known[-1].items():
        values = [found[key].value if key in found else None for found in known]
        shown = "".join(f"{value:>12,.4g}" if value is not None else f"{'':>12}" for value in values)
        former = values[-2] if len(values) > 1 else None
        times = f"{last.value / former:>15.2f}x" if former else ""
        report.say(f"{last.metric + ', ' + last.unit:<64}{shown}{times}")
