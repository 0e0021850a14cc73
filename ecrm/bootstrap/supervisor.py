"""Keeps a set of programs running until it is told to stop, and then stops them all."""

import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from ecrm.bootstrap import leftovers
from ecrm.bootstrap.errors import BootstrapError
from ecrm.bootstrap.processes import Child, Program, tail

TICK_SECONDS = 0.1
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(Exception):
    """Somebody pressed Ctrl-C or sent SIGTERM: leave by the ordinary way out."""


class ChildFailed(BootstrapError):
    """A program that does not come up, or not stay up; the text says which, why and where to look."""


@dataclass
class _Watched:
    child: Child
    deaths: deque[float] = field(default_factory=deque)
    restart_at: float | None = None


class Supervisor:
    """Starts programs in order, restarts the ones that die, stops them in reverse order.

    deaths_allowed: how many times in 60 seconds a program may die before everything is stopped.
    first_delay: seconds before the first restart; doubled with every further death.
    """

    def __init__(
        self,
        *,
        say: Callable[[str], None] = print,
        deaths_allowed: int = 5,
        first_delay: float = 0.5,
        record: leftovers.Record | None = None,
    ) -> None:
        self._say = say
        self._deaths_allowed = deaths_allowed
        self._first_delay = first_delay
        self._record = record
        self._watched: list[_Watched] = []
        self._stop_requests = 0

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Ctrl-C, SIGTERM and a closed terminal mean: stop. A second one means: at once.

        On leaving everything is stopped, whatever the reason.
        """
        former = {number: signal.signal(number, self._on_signal) for number in STOP_SIGNALS}
        try:
            yield
        finally:
            self.stop()
            for number, action in former.items():
                signal.signal(number, action)

    def start(self, program: Program) -> Child:
        """Start and wait until it serves. Raises ChildFailed when it dies first or takes too long."""
        self.check()
        watched = _Watched(Child(program))
        self._watched.append(watched)
        self._note()
        deadline = time.monotonic() + program.ready_seconds
        while not watched.child.is_ready():
            if not watched.child.is_alive():
                raise _failure(program, f"ended with {watched.child.how_it_ended()}")
            if time.monotonic() > deadline:
                raise _failure(program, f"did not answer within {program.ready_seconds:.0f} s")
            self._pause()
        return watched.child

    def run_step(self, program: Program) -> None:
        """Run something to its end. Raises ChildFailed unless it exits with 0."""
        self.check()
        child = Child(program)
        try:
            while child.is_alive():
                self._pause()
                self.tend()
        finally:
            child.stop()
        if child.exit_code != 0:
            raise _failure(program, f"ended with {child.how_it_ended()}")

    def run_in_terminal(self, command: Sequence[str], *, environment: Mapping[str, str], directory: Path) -> int:
        """Run something that talks to the person itself; its exit code. Ctrl-C reaches it as well."""
        self.check()
        process = subprocess.Popen(command, env=dict(environment), cwd=directory)
        try:
            self.watch(until=lambda: process.poll() is not None)
        finally:
            _let_finish(process)
        return process.returncode

    def watch(self, *, until: Callable[[], bool] = lambda: False) -> None:
        """Tend the programs until asked to stop (Stopped) or one dies too often (ChildFailed)."""
        while not until():
            self._pause()
            self.tend()

    def check(self) -> None:
        if self._stop_requests:
            raise Stopped

    def stop(self) -> None:
        """Stop everything in reverse order; each program has its time, then it is killed."""
        asked_before = self._stop_requests
        while self._watched:
            child = self._watched[-1].child
            if not child.stop(at_once=lambda: self._stop_requests > max(asked_before, 1)):
                self._say(f"{child.program.name} did not stop by itself and was killed.")
            self._watched.pop()
            self._note()

    @property
    def is_running(self) -> bool:
        return bool(self._watched)

    def tend(self) -> None:
        """Look after the programs once: restart what died, raise ChildFailed if it dies too often."""
        now = time.monotonic()
        for watched in self._watched:
            if watched.restart_at is not None:
                if now >= watched.restart_at:
                    self._restart(watched)
            elif not watched.child.is_alive():
                self._mourn(watched, now)

    def _mourn(self, watched: _Watched, now: float) -> None:
        program, end = watched.child.program, watched.child.how_it_ended()
        watched.child.sweep()
        watched.deaths.append(now)
        while watched.deaths[0] < now - 60:
            watched.deaths.popleft()
        count = len(watched.deaths)
        if count > self._deaths_allowed:
            raise _failure(program, f"ended {count} times in a minute, last with {end}")
        delay = self._first_delay * 2 ** (count - 1)
        watched.restart_at = now + delay
        self._say(f"{program.name} ended with {end}; starting it again in {delay:.1f} s. ")
        self._say(f"  Its log: {program.log}")

    def _restart(self, watched: _Watched) -> None:
        watched.restart_at = None
        watched.child = Child(watched.child.program)
        self._note()
        self._say(f"{watched.child.program.name} runs again (process {watched.child.pid}).")

    def _pause(self) -> None:
        time.sleep(TICK_SECONDS)
        self.check()

    def _note(self) -> None:
        if self._record is not None:
            self._record.write([watched.child for watched in self._watched])

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._stop_requests += 1


def _let_finish(process: "subprocess.Popen[bytes]") -> None:
    """It may print what it knows so far, but not for ever."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _failure(program: Program, what: str) -> ChildFailed:
    ending = tail(program.log)
    log = f"\nIts log: {program.log}"
    return ChildFailed(f"{program.name} {what}.{log}" + (f", which ends:\n{ending}" if ending else ""))
