"""The catcher's mailbox and JSON API, on loopback only."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import closing
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ecrm.mail.catcher.message import open_message
from ecrm.mail.catcher.pages import VIEWS, mailbox_page, message_page, not_found_page
from ecrm.mail.catcher.store import Listed, Store
from ecrm.mail.catcher.words import Words, words_for

PAGE_SIZE = 50
MOST_ROWS = 10_000
LARGEST_BODY = 10 * 1024 * 1024
STYLE = Path(__file__).with_name("style.css").read_bytes()

_PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; frame-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
_MESSAGE_POLICY = (
    "default-src 'none'; img-src http: https: data:; font-src http: https: data:;"
    " style-src 'unsafe-inline'; frame-ancestors 'self';"
    " sandbox allow-popups allow-popups-to-escape-sandbox"
)
_LOCAL_HOST = re.compile(r"(localhost|[\w-]+\.localhost|127\.0\.0\.1|\[::1\])(:\d+)?", re.IGNORECASE)


def mailbox_server(port: int, folder: Path) -> ThreadingHTTPServer:
    """Bound and listening; the caller runs `serve_forever`."""

    class BoundMailbox(Mailbox):
        store_folder = folder

    server = ThreadingHTTPServer(("127.0.0.1", port), BoundMailbox)
    server.daemon_threads = True
    return server


class Mailbox(BaseHTTPRequestHandler):
    store_folder: Path
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        self._route(
            {
                r"/": self._list,
                r"/style\.css": self._style,
                r"/messages/(\d+)": self._message,
                r"/messages/(\d+)/html": self._message_html,
                r"/api/messages": self._api_messages,
                r"/api/messages/(\d+)": self._api_message,
                r"/api/log": self._api_log,
            }
        )

    def do_POST(self) -> None:
        self._route({r"/clear": self._clear, r"/api/log": self._api_answers})

    def do_DELETE(self) -> None:
        self._route({r"/api/messages": self._api_clear})

    def log_message(self, format: str, *arguments: Any) -> None:
        """Quiet: the mailbox is polled by tests."""

    def _route(self, routes: dict[str, Callable[..., None]]) -> None:
        if not _LOCAL_HOST.fullmatch(self.headers.get("Host", "")):  # a rebound name is not ours
            return self._json({"error": "Unknown host."}, HTTPStatus.MISDIRECTED_REQUEST)
        path = urlsplit(self.path).path
        for pattern, respond in routes.items():
            if matched := re.fullmatch(pattern, path):
                with closing(Store(self.store_folder)) as self.store:
                    return respond(*matched.groups())
        return self._json({"error": "Not found."}, HTTPStatus.NOT_FOUND)

    # Pages

    def _list(self) -> None:
        search = self._query("q")
        before = self._number("before", 0)
        found = self.store.messages(search=search, before=before, limit=PAGE_SIZE + 1)
        page = mailbox_page(
            found[:PAGE_SIZE], search=search, size=PAGE_SIZE, has_older=len(found) > PAGE_SIZE, _=self._words()
        )
        self._html(page)

    def _message(self, number: str) -> None:
        found = self.store.message(int(number))
        if found is None:
            return self._html(not_found_page(self._words()), HTTPStatus.NOT_FOUND)
        listed, raw = found
        view = self._query("view")
        page = message_page(listed, open_message(raw), raw, view=view if view in VIEWS else "html", _=self._words())
        return self._html(page)

    def _message_html(self, number: str) -> None:
        found = self.store.message(int(number))
        body = open_message(found[1]).framed_html if found else ""
        self._respond(body.encode(), "text/html; charset=utf-8", policy=_MESSAGE_POLICY)

    def _style(self) -> None:
        self._respond(STYLE, "text/css; charset=utf-8")

    def _clear(self) -> None:
        if self.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
            return self._json({"error": "Only from the mailbox itself."}, HTTPStatus.FORBIDDEN)
        self.store.clear()
        return self._respond(b"", "text/plain", HTTPStatus.SEE_OTHER, location="/")

    # API

    def _api_messages(self) -> None:
        limit = min(self._number("limit", PAGE_SIZE), MOST_ROWS)
        found = self.store.messages(
            to=self._query("to"), subject=self._query("subject"), before=self._number("before", 0), limit=limit
        )
        self._json({"messages": [_summary(message) for message in found]})

    def _api_message(self, number: str) -> None:
        found = self.store.message(int(number))
        if found is None:
            return self._json({"error": "Not found."}, HTTPStatus.NOT_FOUND)
        listed, raw = found
        opened = open_message(raw)
        return self._json(
            _summary(listed)
            | {"sender": listed.sender, "headers": opened.headers, "text": opened.text, "html": opened.html}
            | {"links": opened.links, "raw": raw.decode("utf-8", "replace")}
        )

    def _api_clear(self) -> None:
        self.store.clear()
        self._json({})

    def _api_log(self) -> None:
        """With `message_id` (repeatable): their answers. Without: the log's rows, oldest first."""
        asked = parse_qs(urlsplit(self.path).query).get("message_id", [])
        if asked:
            return self._json({"answers": self.store.answers(asked)})
        rows = self.store.log_rows(
            after=self._number("after", 0), limit=min(self._number("limit", MOST_ROWS), MOST_ROWS)
        )
        return self._json({"rows": rows, "counts": self.store.counts()})

    def _api_answers(self) -> None:
        try:
            size = int(self.headers.get("Content-Length", ""))
            asked = json.loads(self.rfile.read(min(size, LARGEST_BODY)))
        except ValueError:
            asked = None
        if not isinstance(asked, list) or not all(isinstance(item, str) for item in asked):
            return self._json({"error": "Send a JSON list of Message-IDs."}, HTTPStatus.BAD_REQUEST)
        return self._json({"answers": self.store.answers(asked)})

    # Request and response

    def _query(self, name: str) -> str:
        return parse_qs(urlsplit(self.path).query).get(name, [""])[0].strip()

    def _number(self, name: str, default: int) -> int:
        text = self._query(name)
        return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else default

    def _words(self) -> Words:
        return words_for(self.headers.get("Accept-Language", ""))

    def _html(self, page: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        self._respond(page.encode(), "text/html; charset=utf-8", status)

    def _json(self, content: object, status: HTTPStatus = HTTPStatus.OK) -> None:
        self._respond(json.dumps(content).encode(), "application/json", status)

    def _respond(
        self,
        body: bytes,
        kind: str,
        status: HTTPStatus = HTTPStatus.OK,
        *,
        policy: str = _PAGE_POLICY,
        location: str = "",
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(body)


def _summary(message: Listed) -> dict[str, Any]:
    """`at` is a Unix time; `to` holds every envelope recipient, separated by commas."""
    return {
        "id": message.id,
        "at": message.at,
        "to": message.recipients,
        "from": message.from_header,
        "envelope_sender": message.sender,
        "subject": message.subject,
        "message_id": message.message_id,
    }
