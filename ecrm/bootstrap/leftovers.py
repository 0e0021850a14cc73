"""Ends the children of a run that was itself killed before it could stop them.

On Linux they get the news from the kernel; elsewhere they do not, and even there one may still be
busy stopping. A process is ours only if number and start time match: numbers are used again.
"""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecrm.bootstrap.processes import Child


@dataclass(frozen=True)
class Record:
    """Which processes a run has started, kept in a file."""

    path: Path

    def write(self, children: Iterable[Child]) -> None:
        rows = [
            {"pid": child.pid, "began": _began(child.pid), "signal": int(child.program.stop_signal)}
            for child in children
        ]
        self.path.write_text(json.dumps(rows))

    def end_leftovers(self, *, seconds: float = 10.0) -> int:
        """Stop what still runs from the last time, in reverse order; how many that were."""
        alive = [row for row in reversed(self._read()) if _is_same(row)]
        for row in alive:
            _signal(row["pid"], row["signal"])
        deadline = time.monotonic() + seconds
        while any(map(_is_same, alive)) and time.monotonic() < deadline:
            time.sleep(0.05)
        for row in filter(_is_same, alive):
            _signal(-row["pid"], signal.SIGKILL)
        return len(alive)

    def _read(self) -> list[dict[str, Any]]:
        try:
            rows = json.loads(self.path.read_text())
        except (OSError, ValueError):
            return []
        return rows if isinstance(rows, list) else []


def _is_same(row: dict[str, Any]) -> bool:
    began = _began(row["pid"])
    return bool(began) and began == row["began"]


def _began(pid: int) -> str:
    """When the process began, in whatever unit the system tells; "" when there is none."""
    stat = Path(f"/proc/{pid}/stat")
    if stat.parent.parent.joinpath("self").exists():
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            return ""
        return "" if fields[0] == "Z" else fields[19]
    listing = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return listing.stdout.strip()


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if pid > 0:
            os.kill(pid, number)
        else:
            os.killpg(-pid, number)
