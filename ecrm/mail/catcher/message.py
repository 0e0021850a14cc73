"""A stored message taken apart for reading."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

from ecrm.mail.catcher.store import readable

_LINK = re.compile(r"""<a\b[^>]*\bhref=["']([^"']+)["']""", re.IGNORECASE)
_BASE = '<base target="_blank">'


@dataclass(frozen=True, slots=True)
class Opened:
    """Headers as they came (decoded, in order), both bodies decoded, links of the HTML body."""

    headers: list[tuple[str, str]]
    text: str
    html: str
    attachments: list[str]

    @property
    def links(self) -> list[str]:
        return [link.replace("&amp;", "&") for link in _LINK.findall(self.html)]

    @property
    def framed_html(self) -> str:
        """The HTML body with its links opening outside the frame."""
        head = re.search(r"<head\b[^>]*>", self.html, re.IGNORECASE)
        at = head.end() if head else 0
        return self.html[:at] + _BASE + self.html[at:]


def open_message(raw: bytes) -> Opened:
    """Never raises for a message however broken: what cannot be read is left empty."""
    parsed = message_from_bytes(raw, policy=SMTP)
    assert isinstance(parsed, EmailMessage)
    return Opened(
        headers=[(name, _header_text(value)) for name, value in parsed.raw_items()],
        text=_body(parsed, "plain"),
        html=_body(parsed, "html"),
        attachments=[part.get_filename() or "" for part in _attachments(parsed)],
    )


def _header_text(value: object) -> str:
    return readable(str(value))


def _body(parsed: EmailMessage, subtype: str) -> str:
    try:
        part = parsed.get_body((subtype,))
        return part.get_content() if part is not None else ""
    except (KeyError, LookupError, ValueError, AttributeError):
        return ""


def _attachments(parsed: EmailMessage) -> list[EmailMessage]:
    try:
        return list(parsed.iter_attachments())
    except (KeyError, AttributeError, TypeError):
        return []
