"""Real Celery workers, started and stopped by a benchmark."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[1]


def start(
    environment: dict[str, str], *, name: str, log: IO[bytes], queues: str = "send", processes: int = 1
) -> subprocess.Popen[bytes]:
    """One worker in a process group of its own, with ``processes`` children."""
    command = [sys.executable, "-m", "celery", "-A", "ecrm", "worker", "-Q", queues, "-c", str(processes)]
    command += [
        "-n",
        f"{name}@bench",
        "--without-mingle",
        "--without-gossip",
        "--without-heartbeat",
        "--loglevel",
        "WARNING",
    ]
    return subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **environment}, stdout=log, stderr=log, start_new_session=True
    )


def kill(worker: subprocess.Popen[bytes]) -> None:
    """SIGKILL to it and all of its children: what the kernel does when memory runs out."""
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


@contextmanager
def running(environment: dict[str, str], *, processes: int, log_path: Path, queues: str = "send") -> Iterator[int]:
    """A worker that answers, for as long as the block lasts; its process id."""
    with log_path.open("wb") as log:
        worker = start(environment, name="measured", log=log, queues=queues, processes=processes)
        try:
            _wait_until_ready(worker, log_path)
            yield worker.pid
        finally:
            if worker.poll() is None:
                os.killpg(worker.pid, signal.SIGTERM)
                worker.wait(timeout=30)


def _wait_until_ready(worker: subprocess.Popen[bytes], log_path: Path) -> None:
    from ecrm.celery import app

    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if worker.poll() is not None:
            raise RuntimeError(f"The worker ended at once: {log_path.read_text()[-2000:]}")
        if app.control.ping(timeout=0.5):
            return
    raise RuntimeError("The worker does not answer.")
