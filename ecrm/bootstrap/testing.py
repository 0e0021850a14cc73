"""`manage.py test`: pytest against a PostgreSQL and a Redis of its own."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import psycopg

from ecrm.bootstrap import environment, ports, postgres, stack
from ecrm.bootstrap.errors import BootstrapError
from ecrm.bootstrap.supervisor import Stopped, Supervisor

ROOT = Path(__file__).resolve().parents[2]
MOST_AT_ONCE = 8
PYTEST = (sys.executable, "-m", "pytest")


def main(arguments: Sequence[str]) -> int:
    """Run the suite; the exit code is pytest's."""
    if environment.HELP & set(arguments):
        return subprocess.call([*PYTEST, *arguments], env=environment.for_help(), cwd=ROOT)
    with _free_slot(ROOT / ".var" / "test") as data_dir:
        supervisor = Supervisor(record=stack.record_of(data_dir))
        with supervisor.listening():
            try:
                return _pytest(arguments, _start(data_dir, supervisor), supervisor)
            except Stopped:
                return 130


@contextmanager
def _free_slot(parent: Path) -> Iterator[Path]:
    """A data directory nobody else is testing in; kept, for making it takes seconds."""
    for number in range(1, MOST_AT_ONCE + 1):
        lock: IO[str] | None = stack.try_lock(parent / str(number))
        if lock is not None:
            with lock:
                yield parent / str(number)
            return
    raise BootstrapError(f"{MOST_AT_ONCE} test runs are going on in {parent} already.")


def _start(data_dir: Path, supervisor: Supervisor) -> stack.Stack:
    stack.record_of(data_dir).end_leftovers()
    servers = stack.Stack(data_dir, supervisor, settings=postgres.FAST_AND_LOOSE, database="ecrm")
    servers.start_postgres()
    servers.start_redis()
    _let_owner_empty_tables(servers.superuser_url)
    servers.values |= environment.for_web(port=8000, files=data_dir / "files")
    # Nobody listens there; tests that send mail start a catcher and say so.
    servers.values |= environment.for_mail(smtp_port=ports.choose(), http_port=ports.choose())
    servers.save()
    return servers


def _let_owner_empty_tables(superuser_url: str) -> None:
    """The flush between tests restores reference rows in any order, and empties append-only tables."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute("GRANT SET ON PARAMETER session_replication_role TO ecrm_migrate")


def _pytest(arguments: Sequence[str], servers: stack.Stack, supervisor: Supervisor) -> int:
    spread = [] if _chooses_workers(arguments) else ["-n", "3", "--dist", "worksteal"]
    return supervisor.run_in_terminal(
        [*PYTEST, *spread, *arguments],
        environment=servers.child_environment(),
        directory=ROOT,
    )


def _chooses_workers(arguments: Sequence[str]) -> bool:
    """Says so itself, or names a single file, which is done before workers would be up."""
    said = any(argument.startswith(("-n", "--numprocesses", "--dist")) for argument in arguments)
    files = [argument for argument in arguments if ".py" in argument]
    folders = [argument for argument in arguments if not argument.startswith("-") and Path(argument).is_dir()]
    return said or (len(files) == 1 and not folders)
