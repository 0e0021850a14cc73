"""The least a collector can do: read JSON, put it on a Redis stream, answer 204. No checks, no database."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import orjson
from redis import Redis

STREAM = "bench:bare"
_redis = Redis.from_url(os.environ["ECRM_REDIS_URL"])


def application(environ: Any, start_response: Any) -> Iterable[bytes]:
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    told = orjson.loads(body)
    _redis.xadd(STREAM, {"v": told["v"], "p": body}, maxlen=10_000)
    start_response("204 No Content", [])
    return (b"",)
