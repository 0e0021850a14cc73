"""Splitting a mail into its parts, within limits, without recursion and without copying.

Python's own parser recurses once a level and rescans what it holds; a mail of a thousand nested
parts ends it. Here nothing is refused: beyond a limit a part is kept whole as an attachment.
Sources: RFC 5322 (headers), 2045 and 2046 (parts), 2231 (parameters).
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message

DEEPEST = 30
MOST_PARTS = 300
LONGEST_HEAD = 512 * 1024
LONGEST_PARAMETERS = 4_000
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_FIELD = re.compile(r"([!-9;-~]{1,100})[ \t]*:(.*)", re.DOTALL)
_NOT_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))


@dataclass(slots=True)
class Part:
    """``start`` and ``end`` are where its body lies in the raw mail. ``headers`` keep their order, names lower."""

    headers: list[tuple[str, str]]
    start: int
    end: int
    depth: int = 0
    content_type: str = "text/plain"
    parameters: dict[str, str] = field(default_factory=dict)
    disposition: str = ""
    file_name: str = ""

    @property
    def disposition_name(self) -> str:
        """The field's name in a form (RFC 7578)."""
        found = re.search(r';\s*name="?([^";]{1,200})"?', self.header("content-disposition"), re.IGNORECASE)
        return found[1] if found else ""

    def header(self, name: str) -> str:
        """The first of this name, unfolded but not decoded; empty for none."""
        return next((value for key, value in self.headers if key == name), "")

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    def content(self, raw: bytes) -> bytes:
        """Its body without the transfer encoding; what cannot be decoded comes as far as it can."""
        body = raw[self.start : self.end]
        encoding = self.header("content-transfer-encoding").strip().lower()
        if encoding == "base64":
            return _from_base64(body)
        return binascii.a2b_qp(body) if encoding == "quoted-printable" else body


@dataclass(slots=True)
class Mime:
    """The head of the whole and its leaves in reading order."""

    head: Part
    leaves: list[Part]
    problems: list[str]


def split(raw: bytes) -> Mime:
    """Linear in the size of the mail times the depth it is followed to. Never raises."""
    problems: dict[str, None] = {}
    head = _read_part(raw, 0, len(raw), 0)
    if not head.headers:
        problems["no headers"] = None
    leaves: list[Part] = []
    waiting = [head]
    while waiting:
        part = waiting.pop()
        if not part.content_type.startswith("multipart/"):
            leaves.append(part)
        elif part.depth >= DEEPEST or len(leaves) + len(waiting) >= MOST_PARTS:
            problems["too deep" if part.depth >= DEEPEST else "too many parts"] = None
            leaves.append(_closed(part))
        else:
            children = list(_children(raw, part, problems))
            waiting += reversed(children)
            if not children:
                leaves.append(_unparted(part, problems))
    if len(leaves) > MOST_PARTS:
        problems["too many parts"] = None
    return Mime(head, leaves[:MOST_PARTS], list(problems))


def _children(raw: bytes, part: Part, problems: dict[str, None]) -> Iterator[Part]:
    boundary = part.parameters.get("boundary", "")
    if not boundary:
        return
    delimiter = rb"\n--" + re.escape(boundary.encode("utf-8", "replace")) + rb"(--)?[ \t]*\r?(?=\n|\Z)"
    opened, count = None, 0
    for found in re.compile(delimiter).finditer(raw, max(0, part.start - 1), part.end):
        if opened is not None:
            yield _read_part(raw, opened, _before_newline(raw, opened, found.start()), part.depth + 1)
            count += 1
        opened = None if found[1] else found.end() + 1
        if found[1]:
            return
        if count >= MOST_PARTS:
            problems["too many parts"] = None
            return
    if opened is not None and opened < part.end:
        problems["cut off"] = None
        yield _read_part(raw, opened, part.end, part.depth + 1)


def _read_part(raw: bytes, start: int, end: int, depth: int) -> Part:
    headers, body = _read_head(raw, start, end)
    part = Part(headers, body, end, depth)
    try:
        _read_type(part)
    except Exception:
        # The standard library's parameter parser raises a dozen kinds on rubbish; plain text then.
        part.content_type, part.parameters = "text/plain", {}
    return part


def _read_head(raw: bytes, start: int, end: int) -> tuple[list[tuple[str, str]], int]:
    """The headers, and where the body begins. Text that never was a header stays body."""
    if raw[start : start + 1] == b"\n" or raw[start : start + 2] == b"\r\n":
        return [], min(end, start + (1 if raw[start : start + 1] == b"\n" else 2))
    found = _HEAD_END.search(raw, start, min(end, start + LONGEST_HEAD))
    head_end, body = (found.start(), found.end()) if found else (min(end, start + LONGEST_HEAD), end)
    headers = _fields(raw[start:head_end])
    return (headers, body) if headers else ([], start)


def _fields(head: bytes) -> list[tuple[str, str]]:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError:
        text = head.decode("latin-1")
    lines: list[list[str]] = []
    for line in re.split(r"\r\n|\r|\n", text):
        if line[:1] in (" ", "\t") and lines:
            lines[-1].append(" " + line.strip())
        elif line:
            lines.append([line])
    found = (_FIELD.fullmatch("".join(each)) for each in lines)
    return [(match[1].lower(), match[2].strip().replace("\0", "")) for match in found if match]


def _read_type(part: Part) -> None:
    message = Message()
    if kind := part.header("content-type")[:LONGEST_PARAMETERS]:
        message["Content-Type"] = kind
        part.content_type = message.get_content_type()
        part.parameters = {key: _plain(value) for key, value in message.get_params(failobj=[])[1:]}
        part.parameters["boundary"] = message.get_boundary("") or ""
        part.parameters["charset"] = str(message.get_content_charset("") or "")
    if disposition := part.header("content-disposition")[:LONGEST_PARAMETERS]:
        message["Content-Disposition"] = disposition
        part.disposition = (message.get_content_disposition() or "").strip()
    part.file_name = message.get_filename("") or ""


def _plain(value: object) -> str:
    """A parameter may be (charset, language, value) by RFC 2231."""
    return str(value[2]) if isinstance(value, tuple) else str(value)


def _closed(part: Part) -> Part:
    """Not looked into: kept whole, for whoever wants to open it."""
    return Part([], part.start, part.end, part.depth, "application/octet-stream", {}, "attachment", part.file_name)


def _unparted(part: Part, problems: dict[str, None]) -> Part:
    problems["no parts"] = None
    return Part(part.headers, part.start, part.end, part.depth)


def _before_newline(raw: bytes, start: int, end: int) -> int:
    """The line end before a delimiter belongs to the delimiter (RFC 2046, 5.1.1)."""
    return max(start, end - 1) if raw[end - 1 : end] == b"\r" else max(start, end)


def _from_base64(body: bytes) -> bytes:
    letters = body.translate(None, _NOT_BASE64)
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))
