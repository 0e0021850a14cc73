"""Does one import's work in a process of its own, as a worker would, and says what that took."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).resolve().parents[1]
NO_END = 10**9


@dataclass(frozen=True, slots=True)
class Work:
    """``seconds`` by the clock, ``cpu_seconds`` of this process alone, ``peak_kb`` of its memory."""

    seconds: float
    cpu_seconds: float
    peak_kb: int


def in_a_worker(task: str, *, tenant_id: int, run_id: int, job_id: int) -> Work:
    """Runs ``check``, ``land`` or ``undo`` to its end. Starting the process is not in the time."""
    answer = subprocess.run(  # noqa: S603  our own module, numbers only
        [sys.executable, "-m", "bench.import_worker", task, str(tenant_id), str(run_id), str(job_id)],
        check=True,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    return Work(**json.loads(answer.stdout.splitlines()[-1]))


def main(task: str, tenant_id: int, run_id: int, job_id: int) -> Work:
    import django

    django.setup()
    from contacts.imports import lanes, undoing, work
    from ecrm.tenancy.context import bind_tenant

    lanes.SLICE_SECONDS = NO_END
    act = {"check": work.check, "land": lanes.land, "undo": partial(undoing.undo, user_id=None)}[task]
    began, spent = perf_counter(), _spent()
    with bind_tenant(tenant_id):
        act(run_id, job_id)
    return Work(perf_counter() - began, _spent() - spent, _peak_kb())


def _peak_kb() -> int:
    """Of this program alone: what the system counts for a process begins with whoever started it."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except FileNotFoundError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def _spent() -> float:
    times = os.times()
    return times.user + times.system


if __name__ == "__main__":
    print(json.dumps(asdict(main(sys.argv[1], *map(int, sys.argv[2:5])))))
