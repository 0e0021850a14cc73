"""Which workspaces are closed: asked by workers before every task, so known for some seconds."""

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

    def ids(self) -> frozenset[int]:
        if time.monotonic() - self._read_at > KNOWN_FOR_SECONDS:
            self._ids = frozenset(Tenant.objects.filter(erase_after__isnull=False).values_list("pk", flat=True))
            self._read_at = time.monotonic()
        return self._ids

    def holds_up(self, task: str, tenant_id: int) -> bool:
        return task not in OPEN_TASKS and tenant_id in self.ids()

    def forget(self) -> None:
        self._read_at = float("-inf")


closed = _Closed()
