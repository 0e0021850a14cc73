"""Long work tells that its worker lives, so that another takes over soon after one has died.

Its lease is short and a thread renews it: whoever is killed renews nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog
from django.db import DatabaseError, connections
from django.db.models.functions import Now

from ecrm.jobs.models import OutboxEntry
from ecrm.tenancy.context import bind_tenant, require_tenant_id, tenant_transaction

LEASE = timedelta(seconds=45)
BEAT_SECONDS = 10.0

log = structlog.get_logger(__name__)


@contextmanager
def renewed(entry: OutboxEntry) -> Iterator[None]:
    """Keeps the entry's lease from ending while this goes on, in a connection of its own."""
    over = threading.Event()
    arguments = (over, require_tenant_id(), entry.pk, entry.attempts)
    beating = threading.Thread(target=_beat, args=arguments, name=f"lease-{entry.pk}", daemon=True)
    beating.start()
    try:
        yield
    finally:
        over.set()
        beating.join()


def _beat(over: threading.Event, tenant_id: int, entry_id: int, attempts: int) -> None:
    try:
        while not over.wait(BEAT_SECONDS):
            if not _renew(tenant_id, entry_id, attempts):
                return
    finally:
        connections.close_all()


def _renew(tenant_id: int, entry_id: int, attempts: int) -> bool:
    """False when somebody else has it by now. A database that is away for a while is asked again."""
    try:
        with bind_tenant(tenant_id), tenant_transaction():
            ours = OutboxEntry.objects.filter(pk=entry_id, attempts=attempts, leased_until__isnull=False)
            return bool(ours.update(leased_until=Now() + LEASE))
    except DatabaseError:
        log.warning("lease_not_renewed", entry=entry_id, exc_info=True)
        connections.close_all()
        return True
