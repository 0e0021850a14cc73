"""``manage.py bench NAME``: measures the product beside what could be reached at all."""

from __future__ import annotations

import signal
from argparse import ArgumentParser
from importlib import import_module
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

from django.core.management.base import BaseCommand, CommandError

BENCHES = Path(__file__).resolve().parents[3] / "bench"


class Command(BaseCommand):
    help = "Measures one thing and prints it beside a limit measured in the same run."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help=", ".join(_names()))
        parser.add_argument("--size", help="10k, 100k, 1M; each benchmark has its own default")
        parser.add_argument("--only", default="", help="parts of a benchmark that has several, separated by commas")
        parser.add_argument("--json", type=Path, help="write the measurements to this file")

    def handle(self, *args: Any, **options: Any) -> None:
        from bench.report import Report
        from bench.sizes import count_of

        bench = _find(options["name"])
        size = options["size"] or getattr(bench, "DEFAULT_SIZE", "10k")
        try:
            count_of(size)
        except ValueError as error:
            raise CommandError(str(error)) from error
        report = Report(options["name"], size, self.stdout.write)
        report.only = frozenset(filter(None, options["only"].split(",")))
        report.describe_machine()
        signal.signal(signal.SIGTERM, _leave)
        bench.run(size, report)
        if options["json"]:
            report.save(options["json"])


def _leave(number: int, frame: FrameType | None) -> None:
    """By the ordinary way out, so that workers and sinks are ended."""
    raise SystemExit(130)


def _names() -> list[str]:
    """Every module of ``bench/`` that says it is one."""
    return sorted(path.stem for path in BENCHES.glob("*.py") if "\ndef run(" in path.read_text())


def _find(name: str) -> ModuleType:
    if name not in _names():
        raise CommandError(f"There is no benchmark {name!r}, but: {', '.join(_names())}.")
    return import_module(f"bench.{name}")
