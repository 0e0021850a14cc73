"""Tells the person at the terminal what is being done and how long it took."""

import contextlib
import sys
import time
from collections.abc import Iterator


class Steps:
    """Prints one line per step. A closed terminal must not keep us from stopping the children."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._line_is_open = False

    @contextlib.contextmanager
    def step(self, what: str) -> Iterator[None]:
        """`Starting PostgreSQL … 0.8 s`; on an error the line says so and the error goes on."""
        began = time.monotonic()
        self._write(f"  {what} … ")
        self._line_is_open = True
        try:
            yield
        except BaseException:
            self._end(f"not finished after {time.monotonic() - began:.1f} s")
            raise
        self._end(f"{time.monotonic() - began:.1f} s")

    def say(self, line: str = "") -> None:
        """A line of its own, also in the middle of a step."""
        if self._line_is_open:
            self._end("")
        self._write(f"{line}\n")

    def seconds(self) -> float:
        return time.monotonic() - self._began

    def _end(self, text: str) -> None:
        self._write(f"{text}\n" if self._line_is_open else f"    {text}\n")
        self._line_is_open = False

    def _write(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.write(text)
            sys.stdout.flush()
