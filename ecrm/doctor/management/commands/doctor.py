"""``manage.py doctor``: what is well, what is not, and what to do. Exit code 1 when something is broken."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from ecrm.doctor import checks
from ecrm.doctor.findings import Finding, Level

MARKS = {Level.GOOD: "ok  ", Level.WARN: "hm  ", Level.BAD: "NO  "}


class Command(BaseCommand):
    help = "Looks at the database, Redis, mail, DNS, keys and disk, and says what is wrong."
    requires_system_checks: list[str] = []  # noqa: RUF012  it tells more than they would

    def add_arguments(self, parser: ArgumentParser) -> None:
        names = list(checks.named())
        parser.add_argument(
            "--only", action="append", choices=names, metavar="CHECK", help=f"one of {', '.join(names)}"
        )
        parser.add_argument("--dkim-selector", action="append", default=[], metavar="NAME", help="where a key is")

    def handle(self, *args: Any, **options: Any) -> None:
        chosen = options["only"] or list(checks.named())
        worst = Level.GOOD
        for name, check in checks.named(options["dkim_selector"]).items():
            if name in chosen:
                findings = checks.examine(check)
                self._tell(name, findings)
                worst = max([worst, *(finding.level for finding in findings)])
        if worst is Level.BAD:
            sys.exit(1)

    def _tell(self, name: str, findings: list[Finding]) -> None:
        self.stdout.write(name)
        for finding in findings:
            self.stdout.write(f"  {MARKS[finding.level]}{finding.words}")
            if finding.advice:
                self.stdout.write(f"      {finding.advice}")
