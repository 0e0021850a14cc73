"""`manage.py bench`: measures on servers set up as an installation would run them."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from ecrm.bootstrap import environment, ports, postgres, programs, stack
from ecrm.bootstrap.supervisor import Stopped, Supervisor

ROOT = Path(__file__).resolve().parents[2]
DATA_DIR = ROOT / ".var" / "bench"


def main(arguments: Sequence[str]) -> int:
    """Start PostgreSQL (durable) and Redis, migrate, run the benchmark; its exit code.

    Servers of gigabytes are started to measure, not to say what can be measured.
    """
    if environment.HELP & set(arguments):
        return subprocess.call(_command(arguments), env=environment.for_help(), cwd=ROOT)
    with stack.only_user_of(DATA_DIR):
        supervisor = Supervisor(record=stack.record_of(DATA_DIR))
        with supervisor.listening():
            try:
                servers = _start(supervisor)
                supervisor.run_step(programs.management(servers, "migrate", "--database", "migrate"))
                return _measure(arguments, servers, supervisor)
            except Stopped:
                return 130


def _start(supervisor: Supervisor) -> stack.Stack:
    stack.record_of(DATA_DIR).end_leftovers()
    servers = stack.Stack(DATA_DIR, supervisor, settings=postgres.BENCH, database="ecrm")
    servers.start_postgres()
    postgres.keep_statement_statistics(servers.superuser_url, database="ecrm")
    servers.start_redis()
    servers.values |= environment.for_web(port=ports.choose(), files=DATA_DIR / "files")
    servers.values |= environment.for_mail(smtp_port=ports.choose(), http_port=ports.choose())
    servers.save()
    return servers


def _measure(arguments: Sequence[str], servers: stack.Stack, supervisor: Supervisor) -> int:
    return supervisor.run_in_terminal(_command(arguments), environment=servers.child_environment(), directory=ROOT)


def _command(arguments: Sequence[str]) -> list[str]:
    """Past manage.py, whose `bench` is this module."""
    return [sys.executable, "-m", "django", "bench", *arguments]
