"""How many requests a token may make: counted in Redis by the minute, told in headers."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache

import structlog
from django.conf import settings
from django.utils.translation import gettext as _
from redis import Redis
from redis.exceptions import RedisError

from ecrm.api.problems import Problem

WINDOW = 60
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of this minute; ``reset`` in seconds (draft-ietf-httpapi-ratelimit-headers-06)."""

    limit: int
    remaining: int
    reset: int

    @property
    def headers(self) -> dict[str, str]:
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset),
        }


def take(token_id: int) -> Allowance | None:
    """Counts one request. None where nothing limits, or Redis is away: the API outlives its counter.

    Raises ``Problem`` 429 with ``Retry-After``.
    """
    limit = settings.API_REQUESTS_PER_MINUTE
    if not limit:
        return None
    now = int(time.time())
    used = _count(f"api-rate:{token_id}:{now // WINDOW}")
    if used is None:
        return None
    allowance = Allowance(limit, max(limit - used, 0), WINDOW - now % WINDOW)
    if used > limit:
        headers = {**allowance.headers, "Retry-After": str(allowance.reset)}
        words = _("Too many requests. Try again in %(seconds)d seconds.") % {"seconds": allowance.reset}
        raise Problem(429, words, headers=tuple(headers.items()))
    return allowance


def _count(key: str) -> int | None:
    try:
        used = int(_redis(settings.REDIS_URL).incr(key))
        if used == 1:
            _redis(settings.REDIS_URL).expire(key, WINDOW * 2)
    except (RedisError, OSError):
        log.warning("api_rate_unknown")
        return None
    return used


@lru_cache(maxsize=2)
def _redis(url: str) -> Redis:
    """Kept: the cache makes a new client for every command, which costs more than the command."""
    return Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)
