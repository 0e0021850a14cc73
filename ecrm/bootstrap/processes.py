"""One child process: how it is started, asked to stop, and described when it is gone."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

LARGEST_LOG = 5 * 1024 * 1024
_PR_SET_PDEATHSIG = 1
# Loaded here, not between fork and exec, where the loader may deadlock.
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Account:
    """The unprivileged user a program runs as when we are root."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True)
class Program:
    """What to run. `is_ready` says, cheaply, whether it serves; None: as soon as it runs."""

    name: str
    command: tuple[str, ...]
    log: Path
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    directory: Path | None = None
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 15.0
    is_ready: Callable[[], bool] | None = None
    ready_seconds: float = 120.0


class Child:
    """A running program. It leads a session of its own, so that Ctrl-C in the terminal reaches
    only us, and dies with us (Linux) even when we are killed outright."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._process = _spawn(program)

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def is_ready(self) -> bool:
        return self.program.is_ready is None or self.program.is_ready()

    @property
    def exit_code(self) -> int | None:
        """As in `subprocess`: negative for the signal that ended it."""
        return self._process.poll()

    def how_it_ended(self) -> str:
        return describe_exit(self.exit_code)

    def stop(self, *, at_once: Callable[[], bool] = lambda: False) -> bool:
        """Ask, wait its time, then kill it and all it started; True when asking was enough.

        at_once: asked while waiting; True ends the patience.
        """
        if self.is_alive():
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(self.program.stop_signal)
        deadline = time.monotonic() + self.program.stop_seconds
        while self.is_alive() and time.monotonic() < deadline and not at_once():
            time.sleep(0.02)
        ended_by_itself = not self.is_alive()
        self.sweep()
        self._process.wait()
        return ended_by_itself

    def sweep(self) -> None:
        """Kill what is left of its session: workers whose parent is gone would keep the port."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)


def describe_exit(code: int | None) -> str:
    """`exit code 3` or `signal 9 (SIGKILL)`."""
    if code is None:
        return "still running"
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {-code} ({signal.Signals(-code).name})"
    except ValueError:
        return f"signal {-code}"


def tail(log: Path, *, lines: int = 12) -> str:
    """The last lines of a log, or "" when there are none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 16_384))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def _spawn(program: Program) -> "subprocess.Popen[bytes]":
    _keep_small(program.log)
    account = program.account
    with program.log.open("ab") as log:
        return subprocess.Popen(
            program.command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=dict(program.environment),
            cwd=program.directory,
            start_new_session=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            preexec_fn=_die_with_parent(program.stop_signal),  # noqa: PLW1509 (we have no threads)
        )


def _die_with_parent(stop_signal: signal.Signals) -> Callable[[], None] | None:
    libc = _libc
    if libc is None:
        return None
    parent = os.getpid()

    def arrange() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(stop_signal))
        if os.getppid() != parent:  # it died before the line above
            os._exit(1)

    return arrange


def _keep_small(log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > LARGEST_LOG:
            log.replace(log.with_suffix(".log.1"))
