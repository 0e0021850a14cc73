"""``/p/e``: what the visit script sends. Small and without the database, so that a site may be busy.

Works on the bare WSGI environment, so that it can stand before Django's middleware
(``ecrm.hot_paths``) as well as behind it. It keeps no address: the caller's IP is hashed
for the minute's limit and forgotten.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson
import structlog
from django.conf import settings
from django.db import DatabaseError
from redis.exceptions import RedisError

from analytics.tracking import sites
from analytics.tracking.sites import Known
from campaigns.engagement import agents
from contacts.ingest import IntakeFull, hand_over
from contacts.ingest.stream import TooOften
from ecrm.hot_paths import Reply
from ecrm.keys import keyed_hash

KIND = "visit"
LARGEST_BODY, MOST_EVENTS = 64 * 1024, 50
_KEY = re.compile(r"k=([\w-]{16})")
_VISITOR = re.compile(r"[0-9a-f]{32}")
_BATCH = re.compile(r"[0-9a-f]{16}")
_MACHINES = frozenset({agents.Verdict.PREFETCH, agents.Verdict.SCANNER})
log = structlog.get_logger(__name__)


def answer(environ: Mapping[str, Any]) -> Reply:
    """204 when the visit was taken, or belonged to a machine and was left."""
    try:
        return _answer(environ)
    except TooOften:
        status = "429 Too Many Requests"
    except (IntakeFull, RedisError, DatabaseError) as error:
        log.warning("visit_refused", error=type(error).__name__)
        status = "503 Service Unavailable"
    return Reply(status, (*_headers(environ.get("HTTP_ORIGIN", "")), ("Retry-After", "30")))


def _answer(environ: Mapping[str, Any]) -> Reply:
    found = _KEY.fullmatch(environ.get("QUERY_STRING", ""))
    site = sites.known(found[1]) if found else None
    if site is None:
        return _REPLIES["404 Not Found"]
    origin = environ.get("HTTP_ORIGIN", "")
    if origin not in site.origins:
        return _REPLIES["403 Forbidden"]
    if environ["REQUEST_METHOD"] == "OPTIONS":
        return Reply("204 No Content", _headers(origin))
    if environ["REQUEST_METHOD"] != "POST":
        return _REPLIES["405 Method Not Allowed"]
    length = environ.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > LARGEST_BODY:
        return Reply("413 Content Too Large", _headers(origin))
    return Reply(_take(environ, site, origin, environ["wsgi.input"].read(int(length))), _headers(origin))


def _take(environ: Mapping[str, Any], site: Known, origin: str, body: bytes) -> str:
    told = _read(body)
    if told is None:
        return "400 Bad Request"
    device, is_machine = judged(environ.get("HTTP_USER_AGENT", ""))
    if not is_machine:
        gpc = "1" if environ.get("HTTP_SEC_GPC") == "1" else "0"
        hand_over(
            site.tenant_id,
            KIND,
            f"{site.site_id}|{gpc}|{device}|{origin}\n".encode() + body,
            key=f"{told['v']}.{told['b']}",
            count=len(told["e"]) or 1,
            caller=_caller(environ, site),
            limit=settings.COLLECT_PER_MINUTE,
        )
    return "204 No Content"


def _read(body: bytes) -> Any:
    """The batch when its form is right, else None. What it says is for the taker to judge."""
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    try:
        is_good = _VISITOR.fullmatch(told["v"]) and _BATCH.fullmatch(told["b"]) and len(told["e"]) <= MOST_EVENTS
    except (TypeError, KeyError):
        return None
    return told if is_good and isinstance(told["e"], list) and b"\\u0000" not in body else None


@lru_cache(maxsize=5_000)
def judged(user_agent: str) -> tuple[str, bool]:
    """A rough class for the evidence, and whether it is a machine."""
    family = next((name for sign, name in _FAMILIES if sign in user_agent), "Other")
    kind = (
        "phone" if "Mobi" in user_agent else "tablet" if "Tablet" in user_agent or "iPad" in user_agent else "computer"
    )
    return f"{family}, {kind}", agents.identify(user_agent).verdict in _MACHINES


# In this order: each calls itself by the later names as well.
_FAMILIES = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("Chrome", "Chrome"),
    ("CriOS", "Chrome"),
    ("Safari", "Safari"),
)


def _caller(environ: Mapping[str, Any], site: Known) -> str:
    """The same for one place, site and day: enough to count by, too little to follow anybody."""
    address = environ.get("REMOTE_ADDR", "")
    if settings.SECURE_PROXY_SSL_HEADER:
        address = environ.get("HTTP_X_FORWARDED_FOR", "").split(",")[-1].strip() or address
    day = datetime.now(UTC).date().isoformat()
    return keyed_hash("visit-from", f"{site.site_id}:{day}:{address}".encode())[:12].hex()


@lru_cache(maxsize=1_000)
def _headers(origin: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Allow-Methods", "POST"),
        ("Access-Control-Allow-Headers", "Content-Type"),
        ("Access-Control-Max-Age", "86400"),
        ("Cache-Control", "no-store"),
        ("Vary", "Origin"),
    )


_REPLIES = {
    status: Reply(status, (("Cache-Control", "no-store"), ("Vary", "Origin")))
    for status in ("403 Forbidden", "404 Not Found", "405 Method Not Allowed")
}
