"""Redis: the broker, the cache, and where events from outside wait to be written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

from ecrm.doctor.findings import Finding, bad, good, warn


def check() -> Iterator[Finding]:
    redis = Redis.from_url(settings.REDIS_URL, socket_timeout=3, socket_connect_timeout=3)
    try:
        told: dict[str, Any] = redis.info()
    except RedisError as error:
        yield bad(f"Redis does not answer: {error}", "Pages still work; mail, imports and events wait.")
        return
    finally:
        redis.close()
    yield good(f"Redis {told.get('redis_version')} answers.")
    if not told.get("aof_enabled"):
        yield warn("Redis keeps nothing on disk.", "Events that wait to be written would be lost: set appendonly yes.")
    if told.get("maxmemory") and told.get("maxmemory_policy") != "noeviction":
        yield bad(
            f"Redis throws things away when its memory is full ({told.get('maxmemory_policy')}).",
            "Waiting events are among them: set maxmemory-policy noeviction.",
        )
