"""What is given to a transport, and what comes back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

_BARE_NEWLINE = re.compile(rb"\r\n|\r|\n")


class Kind(StrEnum):
    """ACCEPTED: theirs now. DEFERRED: ask again later. FAILED: no. UNKNOWN: the connection died
    after the content began, so they may have it. UNSENT: certainly never left, safe to retry."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    FAILED = "failed"
    UNKNOWN = "unknown"
    UNSENT = "unsent"


class Outcome(NamedTuple):
    """`code` is the SMTP reply (0 when there was none), `enhanced` its RFC 3463 status."""

    kind: Kind
    code: int = 0
    enhanced: str = ""
    text: str = ""


class Outgoing(NamedTuple):
    """One message for one recipient.

    `content` is in wire form: CRLF lines, dot-stuffed, ending in CRLF, without the final dot.
    `sender` is the envelope's (the return path), not the From header.
    """

    sender: str
    recipient: str
    content: Sequence[bytes]
    message_id: str = ""


def wire_form(document: bytes) -> bytes:
    """Any message as SMTP carries it: CRLF line ends, leading dots doubled, a final line end."""
    text = _BARE_NEWLINE.sub(b"\r\n", document)
    if not text.endswith(b"\r\n"):
        text += b"\r\n"
    if text.startswith(b"."):
        text = b"." + text
    return text.replace(b"\r\n.", b"\r\n..")


def document_form(content: Sequence[bytes]) -> bytes:
    """The message as its reader sees it: wire form with the doubled dots undone."""
    text = b"".join(content).replace(b"\r\n..", b"\r\n.")
    return text[1:] if text.startswith(b"..") else text
