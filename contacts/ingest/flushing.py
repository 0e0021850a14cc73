"""From the stream into the history, exactly once in effect.

A parcel is acknowledged after the transaction that wrote it; killed in between, it is read again,
and its row in ``EventKey`` shows that it was written. A parcel that cannot be written is found by
halving the batch, and set aside alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

import orjson
import structlog
from django.db import DatabaseError, InterfaceError, OperationalError, close_old_connections, connection
from redis.exceptions import RedisError

from contacts import events
from contacts.events import NewEvent
from contacts.ingest import stream, takers
from contacts.ingest.refusals import Refusal, set_aside
from contacts.ingest.stream import Parcel
from contacts.models import EventKey
from ecrm.tenancy.context import require_tenant_id, tenant_context

SOURCE = "intake"
MOST_PARCELS, MOST_EVENTS = 1_000, 5_000
WAIT_MS, IDLE_MS = 500, 30_000
log = structlog.get_logger(__name__)


class Flusher:
    """One consumer of the stream. Several may run; ``name`` tells them apart, and stays over a restart."""

    def __init__(self, name: str) -> None:
        self.name = name
        stream.open_group()
        self._left: Iterator[list[Parcel]] = self._left_behind()

    def run(self, *, until: Callable[[], bool], pause: Callable[[float], object]) -> None:
        """Until asked to stop. Waits and tries again while Redis or PostgreSQL is away."""
        while not until():
            try:
                self.step(wait_ms=WAIT_MS)
            except (OperationalError, InterfaceError, RedisError) as error:
                log.warning("flush_waits", error=type(error).__name__)
                close_old_connections()
                connection.close()
                self._left = self._left_behind()
                pause(1.0)

    def step(self, *, wait_ms: int) -> int:
        """One batch, written and acknowledged; answers how many parcels it held.

        What earlier consumers left behind comes first. Raises when a server is away: nothing is
        acknowledged then.
        """
        parcels = next(self._left, None) or stream.read(self.name, count=MOST_PARCELS, wait_ms=wait_ms)
        for part in _parts(parcels):
            flush(part)
        if not parcels:
            self._left = self._abandoned()
        return len(parcels)

    def _left_behind(self) -> Iterator[list[Parcel]]:
        """What this consumer was given and never acknowledged, then what others abandoned."""
        while parcels := stream.read_own(self.name, count=MOST_PARCELS):
            yield parcels
        yield from self._abandoned()

    def _abandoned(self) -> Iterator[list[Parcel]]:
        while parcels := stream.take_over(self.name, idle_ms=IDLE_MS, count=MOST_PARCELS):
            yield parcels


def flush(parcels: Sequence[Parcel]) -> None:
    """Writes parcels tenant by tenant and acknowledges each tenant's after its commit."""
    by_tenant: dict[int, list[Parcel]] = defaultdict(list)
    for parcel in parcels:
        by_tenant[parcel.tenant_id].append(parcel)
    for tenant_id, own in by_tenant.items():
        _write(tenant_id, own)
        stream.acknowledge(own)


def _write(tenant_id: int, parcels: Sequence[Parcel]) -> None:
    try:
        with tenant_context(tenant_id):
            events.record_many(_taken(_fresh(parcels)))
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        if len(parcels) == 1:
            _refuse(tenant_id, parcels[0], error)
            return
        middle = len(parcels) // 2
        _write(tenant_id, parcels[:middle])
        _write(tenant_id, parcels[middle:])


def _taken(parcels: Sequence[Parcel]) -> list[NewEvent]:
    by_kind: dict[str, list[Parcel]] = defaultdict(list)
    for parcel in parcels:
        by_kind[parcel.kind].append(parcel)
    return [event for kind, own in by_kind.items() for event in takers.taker(kind)(own)]


def _fresh(parcels: Sequence[Parcel]) -> list[Parcel]:
    """Those no transaction has written yet; of equal keys the first."""
    by_key = {f"{parcel.kind}:{parcel.key}": parcel for parcel in reversed(parcels)}
    with connection.cursor() as cursor:
        # Sorted, so that two flushers with the same parcels wait for each other instead of deadlocking.
        cursor.execute(
            f"INSERT INTO {EventKey.table()} (tenant_id, source, key, occurred_at)"
            " SELECT %s, %s, key, %s FROM jsonb_array_elements_text(%s::jsonb) AS key"
            " ON CONFLICT (tenant_id, source, key) DO NOTHING RETURNING key",
            [require_tenant_id(), SOURCE, datetime.now(UTC), orjson.dumps(sorted(by_key)).decode()],
        )
        return [by_key[key] for (key,) in cursor.fetchall()]


def _refuse(tenant_id: int, parcel: Parcel, error: Exception) -> None:
    log.warning("parcel_refused", tenant=tenant_id, kind=parcel.kind, key=parcel.key, error=type(error).__name__)
    try:
        with tenant_context(tenant_id):
            set_aside([Refusal(parcel.kind, f"{type(error).__name__}: {error}", _content(parcel), parcel.received_at)])
    except (OperationalError, InterfaceError):
        raise
    except DatabaseError:
        # Its tenant is gone: there is nobody left to show it to.
        log.exception("parcel_dropped", tenant=tenant_id, key=parcel.key)


def _content(parcel: Parcel) -> object:
    try:
        return orjson.loads(parcel.body)
    except orjson.JSONDecodeError:
        return {"text": parcel.body[:1_000].decode(errors="replace")}


def _parts(parcels: Sequence[Parcel]) -> Iterator[list[Parcel]]:
    """Batches of at most ``MOST_EVENTS``, so that one transaction stays short."""
    part: list[Parcel] = []
    size = 0
    for parcel in parcels:
        if part and size + parcel.count > MOST_EVENTS:
            yield part
            part, size = [], 0
        part.append(parcel)
        size += parcel.count
    if part:
        yield part
