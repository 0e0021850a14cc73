"""``manage.py messages``: brings the translation catalogues up to the code and compiles them."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from ecrm.ui import catalogues


class Command(BaseCommand):
    help = "Updates and compiles the translation catalogues, and says what is not translated yet."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("languages", nargs="*", default=catalogues.LANGUAGES)

    def handle(self, *args: Any, **options: Any) -> None:
        for language in options["languages"]:
            catalogue = catalogues.update(language)
            left = catalogues.missing(catalogue)
            self.stdout.write(f"{language}: {len(catalogue)} strings, {len(left)} not translated")
