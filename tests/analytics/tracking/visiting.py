"""A browser for tests: says what the visit script would say."""

from __future__ import annotations

import json
import secrets
import time
from typing import Any

from django.http import HttpResponse
from django.test import Client

from analytics.models import Site
from contacts.ingest.flushing import Flusher

ORIGIN = "https://shop.example"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


class Browser:
    """One browser on one site. ``since`` is when it said yes, in seconds; 0 if it never did."""

    def __init__(self, site: Site, *, since: float | None = None) -> None:
        self.site = site
        self.identifier = secrets.token_hex(16)
        self.since = int(time.time() - 60 if since is None else since)

    def send(self, *events: Any, origin: str = ORIGIN, agent: str = FIREFOX, **more: Any) -> HttpResponse:
        told = {
            "v": self.identifier,
            "b": secrets.token_hex(8),
            "c": [1, self.since, "en"],
            "p": "/start?secret=1",
            "e": list(events),
            **more,
        }
        return self.post(json.dumps(told), origin=origin, agent=agent)

    def post(self, body: str | bytes, *, origin: str = ORIGIN, agent: str = FIREFOX, key: str = "") -> HttpResponse:
        headers = {"Origin": origin, "User-Agent": agent}
        address = f"/p/e?k={key or self.site.key}"
        return Client().post(address, body, content_type="text/plain", headers=headers)

    def view(self, path: str, *, age_ms: int = 0, **more: Any) -> HttpResponse:
        return self.send(["page.viewed", age_ms, {"path": path, "title": path.strip("/")}], **more)


def flush() -> None:
    flusher = Flusher("test")
    while flusher.step(wait_ms=1):
        pass
