"""Which workspaces are closed or suspended: asked by workers before every task, so known for some seconds.

In a closed one nothing moves. A suspended one still takes in: mails, visits, answers of relays and what
people say about their rights are worked; what sends, imports or answers waits.
"""

from __future__ import annotations

import time

from ecrm.tenancy.models import Tenant

KNOWN_FOR_SECONDS = 5.0
# What still runs in a closed workspace.
OPEN_TASKS = frozenset({"tenant.export"})


class _Closed:
    def __init__(self) -> None:
        self._read_at = float("-inf")
        self._ids: frozenset[int] = frozenset()
        self._suspended: frozenset[int] = frozenset()

    def ids(self) -> frozenset[int]:
        self._read()
        return self._ids

    def suspended(self) -> frozenset[int]:
        self._read()
        return self._suspended

    def holds_up(self, task: str, tenant_id: int, *, takes_in: bool) -> bool:
        """Whether this task waits. ``takes_in``: it only receives, and goes on while suspended."""
        if task in OPEN_TASKS:
            return False
        return tenant_id in self.ids() or (not takes_in and tenant_id in self.suspended())

    def forget(self) -> None:
        self._read_at = float("-inf")

    def _read(self) -> None:
        if time.monotonic() - self._read_at <= KNOWN_FOR_SECONDS:
            return
        shut = Tenant.objects.exclude(erase_after=None, suspended_at=None).values_list("pk", "erase_after")
        self._ids, self._suspended = _split(dict(shut))
        self._read_at = time.monotonic()


def _split(shut: dict[int, object]) -> tuple[frozenset[int], frozenset[int]]:
    ended = frozenset(tenant_id for tenant_id, erase_after in shut.items() if erase_after is not None)
    return ended, frozenset(shut) - ended


closed = _Closed()
