"""Who works on which chunk: leases by the database's clock, kept up while work goes on."""

from __future__ import annotations

import os
import secrets
import socket
from dataclasses import dataclass
from time import monotonic
from typing import Any

from django.db import connection

from campaigns.models import Campaign, Chunk
from campaigns.models.campaign import State
from ecrm.mail.relays import Relay
from ecrm.tenancy.context import require_tenant_id, tenant_transaction
from ecrm.tenancy.models import Tenant

SLACK_SECONDS = 10.0


@dataclass(slots=True)
class Claim:
    """A chunk that is ours until ``lost_at`` (this process's monotonic clock).

    ``lease`` is longer than the relay may take for one answer, so that whoever takes over a chunk
    finds no hand-over of ours still going on: nothing is begun after ``stop_at``.
    """

    chunk_id: int
    campaign_id: int
    content_id: int
    domain: str
    is_fresh: bool
    worker: str
    lease: float
    lost_at: float
    patience: float

    def renew(self, asked_at: float) -> None:
        """Counted from before the database was asked, so that we never believe in it for too long."""
        self.lost_at = asked_at + self.lease

    @property
    def stop_at(self) -> float:
        return self.lost_at - self.patience - 1


def claim(campaign_id: int, relay: Relay) -> Claim | None:
    """The next due chunk that nobody works on, for us; None when there is none or the campaign or tenant rests."""
    worker = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(6)}"
    lease, asked_at = relay.timeout + SLACK_SECONDS, monotonic()
    sql = f"""
        WITH due AS (
               SELECT c.tenant_id, c.id, c.worker = '' AS is_fresh FROM {Chunk.table()} c
                 JOIN {Campaign.table()} k ON k.tenant_id = c.tenant_id AND k.id = c.campaign_id
                 JOIN {Tenant._meta.db_table} t ON t.id = c.tenant_id AND t.suspended_at IS NULL
                WHERE c.tenant_id = %s AND c.campaign_id = %s AND c.done_at IS NULL AND c.due_at <= clock_timestamp()
                  AND (c.leased_until IS NULL OR c.leased_until < clock_timestamp()) AND k.state = '{State.SENDING}'
                ORDER BY c.due_at, c.id LIMIT 1 FOR UPDATE OF c SKIP LOCKED)
        UPDATE {Chunk.table()} c
           SET leased_until = clock_timestamp() + %s * interval '1 second', worker = %s, rate = 0
          FROM due WHERE c.tenant_id = due.tenant_id AND c.id = due.id
        RETURNING c.id, c.campaign_id, c.content_id, c.recipient_domain, due.is_fresh"""
    tenant_id = require_tenant_id()
    with tenant_transaction(), connection.cursor() as cursor:
        cursor.execute(sql, [tenant_id, campaign_id, lease, worker])
        row = cursor.fetchone()
    if row is None:
        return None
    chunk_id, campaign_id, content_id, domain, is_fresh = row
    lost_at = asked_at + lease
    return Claim(chunk_id, campaign_id, content_id, domain, is_fresh, worker, lease, lost_at, relay.timeout)


def release(held: Claim, *, wait_seconds: float | None) -> None:
    """Gives a chunk back: done when ``wait_seconds`` is None, else due again then. Ours only."""
    changes: tuple[str, list[Any]] = ("done_at = clock_timestamp()", [])
    if wait_seconds is not None:
        changes = ("due_at = clock_timestamp() + %s * interval '1 second'", [wait_seconds])
    sql = f"""UPDATE {Chunk.table()} SET leased_until = NULL, rate = 0, {changes[0]}
               WHERE tenant_id = %s AND id = %s AND worker = %s AND done_at IS NULL"""
    with tenant_transaction(), connection.cursor() as cursor:
        cursor.execute(sql, [*changes[1], require_tenant_id(), held.chunk_id, held.worker])
