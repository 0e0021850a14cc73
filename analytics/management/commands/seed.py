"""``manage.py seed``: sample data for the demo, or benchmark data of a given size."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Loads the sample tenants (--sample), or makes a tenant with benchmark data (--size 10k)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--sample", action="store_true", help="two tenants with a year of history")
        what.add_argument("--size", help="benchmark data: 10k, 100k, …")
        parser.add_argument("--logins-json", type=Path, help="write the sample's logins to this file")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["sample"]:
            self._sample(options["logins_json"])
        else:
            self._size(options["size"])

    def _sample(self, logins_json: Path | None) -> None:
        from analytics.sample import load

        for line in load.load():
            self.stdout.write(line)
        if logins_json:
            logins_json.write_text(json.dumps(load.logins(), indent=1))

    def _size(self, size: str) -> None:
        from bench import population

        try:
            self.stdout.write(population.make(size))
        except ValueError as error:
            raise CommandError(str(error)) from error
