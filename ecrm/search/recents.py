"""The records a member opened last. Only ids are kept, in the cache: losing them harms nobody."""

from __future__ import annotations

import structlog
from django.core.cache import cache
from redis.exceptions import RedisError

from ecrm.search.sources import Found, sources
from ecrm.tenancy.models import Membership

KEPT = 8
THIRTY_DAYS = 30 * 24 * 3600
log = structlog.get_logger(__name__)


def remember(membership: Membership, source_key: str, record_id: int) -> None:
    """Notes a visit. Never in the way of the page: without the cache nothing is remembered."""
    visit = (source_key, record_id)
    try:
        kept = [visit, *(one for one in _visits(membership) if one != visit)][:KEPT]
        cache.set(_key(membership), kept, THIRTY_DAYS)
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
    return [(str(key), int(pk)) for key, pk in cache.get(_key(membership)) or []]


def _key(membership: Membership) -> str:
    return f"recents:{membership.tenant_id}:{membership.user_id}"
