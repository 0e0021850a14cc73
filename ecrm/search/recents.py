"""The records a member opened last. Only ids are kept, in Redis: losing them harms nobody."""

from __future__ import annotations

import time
from functools import lru_cache

import structlog
from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

from ecrm.search.sources import Found, sources
from ecrm.tenancy.models import Membership

KEPT = 8
THIRTY_DAYS = 30 * 24 * 3600
log = structlog.get_logger(__name__)


def remember(membership: Membership, source_key: str, record_id: int) -> None:
    """Notes a visit, in one trip. Never in the way of the page: without Redis nothing is remembered."""
    key = _key(membership)
    try:
        with _redis(settings.REDIS_URL).pipeline(transaction=False) as trip:
            trip.zadd(key, {f"{source_key}:{record_id}": time.time()})
            trip.zremrangebyrank(key, 0, -KEPT - 1)
            trip.expire(key, THIRTY_DAYS)
            trip.execute()
    except (RedisError, OSError):
        log.warning("recents_away")


def recall(membership: Membership) -> list[Found]:
    """Newest first; what is gone or may no longer be seen is left out. One or two queries a source."""
    try:
        visits = _visits(membership)
    except (RedisError, OSError):
        return []
    found = {
        (source.key, record_id): record
        for source in sources(membership)
        if source.recall is not None and (ids := [pk for key, pk in visits if key == source.key])
        for record_id, record in source.recall(membership, ids).items()
    }
    return [found[visit] for visit in visits if visit in found]


def _visits(membership: Membership) -> list[tuple[str, int]]:
    kept: list[bytes] = _redis(settings.REDIS_URL).zrevrange(_key(membership), 0, KEPT - 1)  # type: ignore[assignment]
    split = [visit.decode().rpartition(":") for visit in kept]
    return [(key, int(pk)) for key, _colon, pk in split]


def _key(membership: Membership) -> str:
    return f"recently-opened:{membership.tenant_id}:{membership.user_id}"


@lru_cache(maxsize=2)
def _redis(url: str) -> Redis:
    return Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)
