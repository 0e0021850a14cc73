"""Asking a provider what it took, of servers that answer as the providers' documents say."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from ecrm.mail.provider_searches import SEARCHES
from ecrm.mail.reconcilers import Answer, ReconcileError, reconciler_for
from ecrm.mail.relays import ASKABLE, Relay

TAKEN, REFUSED, NEVER_SEEN = "<taken@news.example>", "<refused@news.example>", "<never@news.example>"


class Provider(BaseHTTPRequestHandler):
    """Both APIs at once, as far as they are asked."""

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(asked.query).items()}
        answer = self._postmark(query) if asked.path == "/messages/outbound" else self._mailgun(asked.path, query)
        self.send_response(200 if answer is not None else 401)
        self.end_headers()
        self.wfile.write(json.dumps(answer or {}).encode())

    def _postmark(self, query: dict[str, str]) -> dict[str, Any] | None:
        if self.headers["X-Postmark-Server-Token"] != "right":
            return None
        wanted = query["metadata_message_id"]
        messages = [{"MessageID": "0a1b", "Status": "Sent", "Metadata": {"message_id": TAKEN}}]
        return {"TotalCount": 1, "Messages": [each for each in messages if each["Metadata"]["message_id"] == wanted]}

    def _mailgun(self, path: str, query: dict[str, str]) -> dict[str, Any] | None:
        if b64decode(self.headers["Authorization"].removeprefix("Basic ")) != b"api:right":
            return None
        assert path == "/v3/news.example/events"
        happened = {TAKEN.strip("<>"): "accepted", REFUSED.strip("<>"): "rejected"}
        wanted = query["message-id"]
        event = {"event": happened.get(wanted), "message": {"headers": {"message-id": wanted}}}
        return {"items": [event] if wanted in happened else []}

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def provider() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def asked(settings: Any, url: str, *, key: str = "right", of: str) -> dict[str, Answer]:
    settings.ANYMAIL = {
        "POSTMARK_API_URL": url,
        "POSTMARK_SERVER_TOKEN": key,
        "MAILGUN_API_URL": f"{url}/v3/",
        "MAILGUN_API_KEY": key,
    }
    reconciler = reconciler_for(Relay.parse(f"anymail+{of}://?reconcile=api"))
    assert reconciler is not None
    return reconciler.found([TAKEN, REFUSED, NEVER_SEEN])


def test_postmark_knows_what_it_took(settings: Any, provider: str) -> None:
    found = asked(settings, provider, of="postmark")

    assert found == {TAKEN: Answer.DELIVERED, REFUSED: Answer.ABSENT, NEVER_SEEN: Answer.ABSENT}


def test_mailgun_knows_what_it_took_and_what_it_refused(settings: Any, provider: str) -> None:
    found = asked(settings, provider, of="mailgun")

    assert found == {TAKEN: Answer.DELIVERED, REFUSED: Answer.REJECTED, NEVER_SEEN: Answer.ABSENT}


@pytest.mark.parametrize("name", sorted(ASKABLE))
def test_a_provider_that_refuses_to_say_teaches_nothing(settings: Any, provider: str, name: str) -> None:
    with pytest.raises(ReconcileError, match="401"):
        asked(settings, provider, key="wrong", of=name)
    with pytest.raises(ReconcileError):
        asked(settings, "http://127.0.0.1:9", of=name)


def test_every_provider_that_may_be_declared_can_be_asked() -> None:
    assert set(SEARCHES) == ASKABLE
