"""A small browser without JavaScript: follows links, keeps cookies, fills in forms."""

import urllib.error
import urllib.request
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPResponse
from http.cookiejar import CookieJar
from secrets import token_hex
from urllib.parse import urlencode, urljoin

URLENCODED = "application/x-www-form-urlencoded"


@dataclass
class Form:
    """A form of a page with the values it came with."""

    action: str = ""
    method: str = "get"
    values: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Upload:
    filename: str
    content: bytes
    kind: str = "text/csv"


class Visitor:
    """Keeps one session with one site. ``browser`` is the User-Agent it gives."""

    def __init__(self, base_url: str, *, browser: str = "") -> None:
        self._base_url = base_url
        cookies = urllib.request.HTTPCookieProcessor(CookieJar())
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), cookies)
        if browser:
            self._opener.addheaders = [("User-Agent", browser)]

    def get(self, address: str) -> "Page":
        return self._open(urllib.request.Request(urljoin(self._base_url, address)))

    def post(self, address: str, values: dict[str, str | Upload], *, referer: str = "") -> "Page":
        """Send a form, as multipart when it has a file."""
        has_file = any(isinstance(value, Upload) for value in values.values())
        body, kind = (
            _multipart(values) if has_file else (urlencode(values).encode(), "application/x-www-form-urlencoded")
        )
        headers = {"Content-Type": kind, "Referer": referer or self._base_url}
        return self._open(urllib.request.Request(urljoin(self._base_url, address), data=body, headers=headers))

    def redirect_of(self, address: str) -> str:
        """Where an address sends its visitor, without going there. Empty when nowhere."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stay())
        opener.addheaders = self._opener.addheaders
        try:
            with opener.open(urljoin(self._base_url, address), timeout=60) as response:
                return str(response.headers.get("Location", ""))
        except urllib.error.HTTPError as error:
            with error:
                return str(error.headers.get("Location", ""))

    def _open(self, request: urllib.request.Request) -> "Page":
        response: HTTPResponse
        try:
            with self._opener.open(request, timeout=60) as response:
                return Page(self, response.status, response.url, response.read().decode(errors="replace"))
        except urllib.error.HTTPError as error:
            with error:
                return Page(self, error.code, error.url or "", error.read().decode(errors="replace"))


@dataclass(frozen=True)
class Page:
    visitor: Visitor
    status: int
    url: str
    text: str

    def form_with(self, name: str) -> Form | None:
        """The first form that has a field or button of that name."""
        return next((form for form in self.forms() if name in form.names), None)

    def forms(self) -> list[Form]:
        reader = _Reader()
        reader.feed(self.text)
        return reader.forms

    def submit(self, *, with_field: str, **values: str | Upload) -> "Page":
        """Fill in the form that has this field and send it. Raises OSError when there is none."""
        form = self.form_with(with_field)
        if form is None:
            raise OSError(f"{self.url} has no form with a field {with_field!r}")
        filled: dict[str, str | Upload] = {**form.values, **values}
        address = urljoin(self.url, form.action) if form.action else self.url
        if form.method == "post":
            return self.visitor.post(address, filled, referer=self.url)
        return self.visitor.get(f"{address}?{urlencode(filled)}")

    def links(self) -> list[tuple[str, str]]:
        """Absolute address and text of every link."""
        reader = _Reader()
        reader.feed(self.text)
        return [(urljoin(self.url, address), " ".join(text.split())) for address, text in reader.links]


class _Stay(urllib.request.HTTPRedirectHandler):
    """Answers a redirect as it is."""

    def redirect_request(self, *args: object, **kwargs: object) -> None:
        return None


class _Reader(HTMLParser):
    """Collects forms and links."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self._form: Form | None = None
        self._select = ""
        self._textarea = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and given.get("href"):
            self.links.append((given["href"], ""))
        if tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._form)
        elif self._form is not None and tag in {"input", "select", "textarea", "button", "option"}:
            self._take(self._form, tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag in {"select", "textarea"}:
            self._select = self._textarea = ""

    def handle_data(self, data: str) -> None:
        if self._form is not None and self._textarea:
            self._form.values[self._textarea] += data.removeprefix("\n")
        if self.links:
            address, text = self.links[-1]
            self.links[-1] = (address, text + data) if len(text) < 200 else (address, text)

    def _take(self, form: Form, tag: str, given: dict[str, str]) -> None:
        name = given.get("name", "")
        if name:
            form.names.add(name)
        if tag == "option" and self._select and ("selected" in given or self._select not in form.values):
            form.values[self._select] = given.get("value", "")
        elif tag == "select":
            self._select = name
        elif tag == "textarea" and name:
            self._textarea = name
            form.values[name] = ""
        elif tag == "input" and name and _is_sent(given):
            form.values[name] = given.get("value", "")


def _is_sent(given: dict[str, str]) -> bool:
    """Boxes only when ticked; buttons when pressed, so the caller names them."""
    kind = given.get("type", "text")
    if kind in {"checkbox", "radio"}:
        return "checked" in given
    return kind not in {"submit", "button", "image", "file"}


def _multipart(values: dict[str, str | Upload]) -> tuple[bytes, str]:
    boundary = token_hex(16)
    parts = [_part(name, value) for name, value in values.items()]
    body = b"".join(f"--{boundary}\r\n".encode() + part + b"\r\n" for part in parts)
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def _part(name: str, value: str | Upload) -> bytes:
    head = f'Content-Disposition: form-data; name="{name}"'
    if isinstance(value, Upload):
        head += f'; filename="{value.filename}"\r\nContent-Type: {value.kind}'
        return f"{head}\r\n\r\n".encode() + value.content
    return f"{head}\r\n\r\n{value}".encode()
