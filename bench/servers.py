"""Servers a benchmark starts for itself: a recording sink, and a PostgreSQL that may crash."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.core.management import call_command
from django.db import connections

from ecrm.bootstrap import ports, postgres, stack
from ecrm.bootstrap.supervisor import Supervisor

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Catcher:
    """The product's mail catcher, which writes each message down before it answers."""

    folder: Path
    smtp_port: int
    http_url: str

    def recipients(self) -> list[str]:
        """Everybody it has delivered to, with repetitions."""
        with closing(sqlite3.connect(self.folder / "mail.sqlite3", timeout=30)) as log:
            return [row[0] for row in log.execute("SELECT recipient FROM log WHERE verdict = 'delivered'")]

    def delivered(self) -> int:
        with closing(sqlite3.connect(self.folder / "mail.sqlite3", timeout=30)) as log:
            return int(log.execute("SELECT count(*) FROM log WHERE verdict = 'delivered'").fetchone()[0])


@contextmanager
def catcher(folder: Path, *, slow_ms: float = 0.0, faults: tuple[str, ...] = ()) -> Iterator[Catcher]:
    smtp_port, http_port = ports.choose(), ports.choose()
    mail = folder / "mail"
    mail.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "ecrm.mail.catcher", "--smtp-port", str(smtp_port), "--http-port", str(http_port)]
    command += ["--dir", str(mail), "--slow", str(slow_ms), "--keep", "50", *faults]
    with (folder / "catcher.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        try:
            _wait_for(smtp_port)
            _wait_for(http_port)
            yield Catcher(mail, smtp_port, f"http://127.0.0.1:{http_port}")
        finally:
            process.terminate()
            process.wait(timeout=10)


@dataclass(slots=True)
class OwnPostgres:
    """A cluster that can be made to crash and come back."""

    servers: stack.Stack
    supervisor: Supervisor

    def crash(self) -> None:
        """Immediate shutdown: no goodbye, no checkpoint. Started again, it recovers from its log."""
        watched = self.supervisor._watched[-1]
        os.kill(watched.child.pid, signal.SIGQUIT)
        while watched.child.is_alive():
            time.sleep(0.05)
        for alias in connections:
            connections[alias].close()
        program = watched.child.program
        self.supervisor._watched.remove(watched)
        self.supervisor.start(program)


@contextmanager
def own_postgres(folder: Path) -> Iterator[OwnPostgres]:
    """Durable, migrated, and what this process and its children use from now on."""
    data_dir = folder / "data"
    stack.prepare(data_dir)
    supervisor = Supervisor(record=stack.record_of(data_dir))
    servers = stack.Stack(data_dir, supervisor, settings=postgres.BENCH, database="ecrm")
    before = {alias: dict(connections[alias].settings_dict) for alias in connections}
    try:
        servers.start_postgres()
        _use(servers.values)
        call_command("migrate", database="migrate", verbosity=0, interactive=False)
        yield OwnPostgres(servers, supervisor)
    finally:
        for alias, values in before.items():
            connections[alias].close()
            connections[alias].settings_dict.update(values)
        supervisor.stop()
        stack.erase(data_dir)


def _use(values: dict[str, str]) -> None:
    """Points this process and the ones it starts at other databases."""
    import environ

    aliases = {
        "default": "ECRM_DATABASE_URL",
        "dispatch": "ECRM_DISPATCH_DATABASE_URL",
        "migrate": "ECRM_MIGRATE_DATABASE_URL",
    }
    for alias, variable in aliases.items():
        os.environ[variable] = values[variable]
        connections[alias].close()
        connections[alias].settings_dict.update(environ.Env().db_url(variable))


def _wait_for(port: int) -> None:
    for _attempt in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"Nothing answers on port {port}.")
