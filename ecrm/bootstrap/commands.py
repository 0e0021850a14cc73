"""What `manage.py` does: prepare the environment, then dispatch. Standard library only."""

import io
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from ecrm.bootstrap import venv
from ecrm.bootstrap.errors import BootstrapError

ROOT = Path(__file__).resolve().parents[2]
UNCONFIGURED = """eCRM has not been set up here yet.

  python3 manage.py demo    start it on this machine, with sample data (--help for its options)
  python3 manage.py test    run its tests

Every other command works on the demo once that has been started, or on the installation that the
ECRM_ variables of the environment describe."""
NEEDS_DEV = {"test", "bench"}


def run(argv: Sequence[str]) -> int:
    """Run one command line; returns the exit code. May replace this process by the venv's Python."""
    command = argv[1] if len(argv) > 1 else "help"
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that knows no "…" gets a "?"
    try:
        if os.environ.get("ECRM_NO_BOOTSTRAP") != "1":
            venv.enter(ROOT, lock="dev" if command in NEEDS_DEV else "base", argv=argv)
        return _dispatch(command, argv)
    except BootstrapError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130


def _dispatch(command: str, argv: Sequence[str]) -> int:
    own = _own_command(command)
    if own is not None:
        return own(list(argv[2:]))
    return _django(argv)


def _own_command(command: str) -> Callable[[list[str]], int] | None:
    match command:
        case "demo":
            from ecrm.bootstrap import demo

            return demo.main
        case "test":
            from ecrm.bootstrap import testing

            return testing.main
        case "bench":
            from ecrm.bootstrap import benching

            return benching.main
    return None


def _django(argv: Sequence[str]) -> int:
    from ecrm.bootstrap import environment, ports

    adopted = environment.adopt_demo(ROOT)
    if "ECRM_SECRET_KEY" not in os.environ:
        raise BootstrapError(UNCONFIGURED)
    if adopted and ports.is_free(ports.port_of(os.environ["ECRM_DATABASE_URL"]) or 0):
        print("The demo is not running, so its database will not answer: python3 manage.py demo", file=sys.stderr)
    from django.core.management import execute_from_command_line

    execute_from_command_line(list(argv))
    return 0
