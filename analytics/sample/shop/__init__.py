"""The demo's shop: a web site of the first sample tenant, on an origin of its own."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from string import Template
from urllib.parse import parse_qs

FOLDER = Path(__file__).parent
PAGES = {
    "/": ("Good morning", "Soap, candles and refills, made in an invented workshop in Porto."),
    "/refills": ("Refills", "Bring your bottle, or let us send the big one: dish soap, laundry, hands."),
    "/candles": ("Candles", "Soy wax, cotton wick, fig and lemon verbena."),
    "/about": ("About us", "Six invented people and one large kettle."),
}
FILES = {"/shop.css": "text/css", "/shop.js": "text/javascript"}
LONGEST_FORM = 1_000
# eCRM is on this machine, whatever proxy the environment names.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
Answer = tuple[int, str, bytes]


@dataclass(frozen=True, slots=True)
class Shop:
    """Where its visits go, and as which site. ``api_url`` is the workspace's, for the shop's own server."""

    crm_url: str
    site_key: str
    api_url: str = ""
    api_token: str = ""

    def answer(self, path: str) -> Answer:
        """Status, kind and content for a path; its query is the visit script's affair."""
        place = path.partition("?")[0]
        if place in FILES:
            return 200, FILES[place], (FOLDER / place.strip("/")).read_bytes()
        if place not in PAGES:
            return 404, "text/plain", b"There is no such page."
        title, text = PAGES[place]
        page = Template((FOLDER / "page.html").read_text())
        written = page.substitute(title=title, text=text, crm=self.crm_url, key=self.site_key)
        return 200, "text/html; charset=utf-8", written.encode()

    def sign_in(self, email: str) -> Answer:
        """What a shop does once it knows its visitor (this one asks no password): the page gets a token for them."""
        asked = urllib.request.Request(
            self.api_url + "/visitors/tokens",
            data=json.dumps({"person": {"email": email}}).encode(),
            headers={"Authorization": f"Bearer {self.api_token}", "Content-Type": "application/json"},
        )
        try:
            with _DIRECT.open(asked, timeout=10) as told:
                return 200, "application/json", told.read()
        except urllib.error.HTTPError as error:
            return error.code, "application/json", b"{}"
        except OSError:
            return 502, "application/json", b"{}"


def server(shop: Shop, port: int) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send(*shop.answer(self.path))

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if self.path != "/sign-in" or not length.isdecimal() or int(length) > LONGEST_FORM:
                return self._send(400, "text/plain", b"This shop takes nothing else.")
            form = parse_qs(self.rfile.read(int(length)).decode(errors="replace"))
            return self._send(*shop.sign_in(form.get("email", [""])[0]))

        def _send(self, status: int, kind: str, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Visits are eCRM's to tell."""

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)
