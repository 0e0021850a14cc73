"""``manage.py flush_events``: moves what the doors took from Redis into the history, until stopped."""

from __future__ import annotations

import signal
import socket
from argparse import ArgumentParser
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand

from contacts.ingest.flushing import Flusher


class Command(BaseCommand):
    help = "Writes events that wait on the stream into PostgreSQL. Run one or several, always."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", default=socket.gethostname(), help="tells several flushers apart")

    def handle(self, *args: Any, **options: Any) -> None:
        stop = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: stop.set())
        self.stdout.write("Writing events as they come.")
        Flusher(options["name"]).run(until=stop.is_set, pause=stop.wait)
