"""The stream between the doors and the flusher: one entry is one parcel, acknowledged once written.

Parcels lie in Redis with its append-only file; the flusher acknowledges after PostgreSQL has
committed. A flusher that dies leaves its entries pending, and the next one takes them over.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any
from uuid import uuid4

from django.conf import settings
from redis import Redis
from redis.exceptions import ResponseError

STREAM, GROUP = "ecrm:intake", "flush"
# Past this many parcels a door refuses (503) rather than fill the memory of Redis.
MOST_WAITING = 500_000
_FIELD = b"p"
_WORD = re.compile(r"[!-~]{0,150}")

# In one round trip: is there room, does this caller ask too often, take it.
_TAKE = """
local limit = tonumber(ARGV[2])
if limit > 0 then
  local times = redis.call('INCR', KEYS[2])
  if times == 1 then redis.call('EXPIRE', KEYS[2], 60) end
  if times > limit then return 'often' end
end
if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[1]) then return 'full' end
return redis.call('XADD', KEYS[1], '*', 'p', ARGV[3])
"""


class IntakeFull(Exception):
    """Too much waits to be written; the caller should come again later (503)."""


class TooOften(Exception):
    """This caller has asked more often in this minute than it may (429)."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """What one request brought: ``body`` is for the taker of this ``kind`` to read.

    ``key`` makes it count once, however often it is sent or read; ``count`` is its number of events.
    """

    tenant_id: int
    kind: str
    body: bytes
    key: str
    count: int
    entry: bytes = b""

    @property
    def received_at(self) -> datetime:
        """When Redis took it: the entry's id begins with the milliseconds."""
        return datetime.fromtimestamp(int(self.entry.partition(b"-")[0]) / 1000, UTC)


def hand_over(
    tenant_id: int, kind: str, body: bytes, *, key: str = "", count: int = 1, caller: str = "", limit: int = 0
) -> None:
    """Puts a parcel on the stream, at most ``limit`` a minute for one ``caller``.

    Raises ``IntakeFull``, ``TooOften``, and redis-py's errors when Redis is away.
    """
    head = f"{tenant_id} {kind} {_plain(key) or uuid4().hex} {count}\n".encode()
    answer = _script()(keys=[STREAM, f"ecrm:often:{caller}"], args=[MOST_WAITING, limit, head + body])
    if answer == b"full":
        raise IntakeFull
    if answer == b"often":
        raise TooOften


def read(consumer: str, *, count: int, wait_ms: int) -> list[Parcel]:
    """New parcels for this consumer; waits up to ``wait_ms`` for the first one."""
    found: Any = client().xreadgroup(GROUP, consumer, {STREAM: ">"}, count=count, block=wait_ms)
    return _parcels(found)


def read_own(consumer: str, *, count: int) -> list[Parcel]:
    """What this consumer was given before and never acknowledged: it died in between."""
    found: Any = client().xreadgroup(GROUP, consumer, {STREAM: "0"}, count=count)
    return _parcels(found)


def take_over(consumer: str, *, idle_ms: int, count: int) -> list[Parcel]:
    """What other consumers have left unacknowledged for this long."""
    answer: Any = client().xautoclaim(STREAM, GROUP, consumer, min_idle_time=idle_ms, count=count)
    return [_parcel(entry, fields) for entry, fields in answer[1] if fields]


def acknowledge(parcels: Sequence[Parcel]) -> None:
    entries = [parcel.entry for parcel in parcels]
    with client().pipeline(transaction=True) as pipe:
        pipe.xack(STREAM, GROUP, *entries)
        pipe.xdel(STREAM, *entries)
        pipe.execute()


def open_group() -> None:
    """Idempotent; from the beginning, so that parcels from before the first flusher are read."""
    try:
        client().xgroup_create(STREAM, GROUP, id="0", mkstream=True)
    except ResponseError as error:
        if "BUSYGROUP" not in str(error):
            raise


def waiting() -> int:
    """Parcels not written yet."""
    return int(client().xlen(STREAM))


def _plain(key: str) -> str:
    """A caller's key as one short word."""
    return key if _WORD.fullmatch(key) else sha256(key.encode()).hexdigest()


@lru_cache(maxsize=1)
def client() -> Redis:
    return Redis.from_url(settings.REDIS_URL, socket_timeout=10, health_check_interval=30)


@lru_cache(maxsize=1)
def _script() -> Any:
    return client().register_script(_TAKE)


def _parcels(found: Any) -> list[Parcel]:
    return [_parcel(entry, fields) for _stream, entries in found or [] for entry, fields in entries if fields]


def _parcel(entry: bytes, fields: dict[bytes, bytes]) -> Parcel:
    head, _, body = fields[_FIELD].partition(b"\n")
    tenant_id, kind, key, count = head.decode().split(" ")
    return Parcel(int(tenant_id), kind, body, key, int(count), entry)
