"""Processor time of whole process trees: on a busy machine it says more than the clock. Linux only."""

from __future__ import annotations

import os
from pathlib import Path

from django.db import connection

_TICKS = os.sysconf("SC_CLK_TCK")


def of_database() -> float:
    """Seconds spent by the server we are connected to so far, ended sessions included; 0 if it is not here."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        row = cursor.fetchone()
    stat = _stat(row[0]) if row else None
    return of_tree(int(stat[1])) if stat else 0.0


def of_tree(pid: int) -> float:
    """Seconds spent by a process and its children, ended ones included."""
    stat = _stat(pid)
    if stat is None:
        return 0.0
    own = sum(map(int, stat[11:15])) / _TICKS  # user, system, and the same of children waited for
    return own + sum(of_tree(child) for child in _children(pid))


def _children(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return []


def _stat(pid: int) -> list[str] | None:
    """The fields after the process's name (proc(5)); None when there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
