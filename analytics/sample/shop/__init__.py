"""The demo's shop: a web site of the first sample tenant, on an origin of its own."""

from __future__ import annotations

from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from string import Template

FOLDER = Path(__file__).parent
PAGES = {
    "/": ("Good morning", "Soap, candles and refills, made in an invented workshop in Porto."),
    "/refills": ("Refills", "Bring your bottle, or let us send the big one: dish soap, laundry, hands."),
    "/candles": ("Candles", "Soy wax, cotton wick, fig and lemon verbena."),
    "/about": ("About us", "Six invented people and one large kettle."),
}
FILES = {"/shop.css": "text/css", "/shop.js": "text/javascript"}


@dataclass(frozen=True, slots=True)
class Shop:
    """Where its visits go, and as which site."""

    crm_url: str
    site_key: str

    def answer(self, path: str) -> tuple[int, str, bytes]:
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


def server(shop: Shop, port: int) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, kind, content = shop.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Visits are eCRM's to tell."""

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)
