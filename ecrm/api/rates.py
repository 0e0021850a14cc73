"""How many requests a token may make: counted in Redis by the minute, told in headers."""

from __future__ import annotations

import time
from dataclasses import dataclass

import structlog
from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext as _
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
        # add() sets the expiry once; incr() keeps it.
        return 1 if cache.add(key, 1, timeout=WINDOW * 2) else int(cache.incr(key))
    except (RedisError, OSError, ValueError):
        log.warning("api_rate_unknown")
        return None
