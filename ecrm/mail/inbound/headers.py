"""Header lines as people and code read them: decoded, on one line, bounded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header
from email.utils import parsedate_to_datetime

from ecrm.mail.addresses import LONGEST_ADDRESS, one_line, unsafe_in_envelope
from ecrm.mail.inbound.charsets import clean, decode
from ecrm.mail.inbound.letter import Mailbox

LONGEST = 20_000
LONGEST_LIST = 500_000
MOST_MAILBOXES = 200
MOST_REFERENCES = 50
LONGEST_NAME = 120
_ID = re.compile(r"<([^<>\s]{1,250})>")
_COMMENT = re.compile(r"\([^()]*\)")
_ANGLE = re.compile(r"<([^<>]*)>")


def words(value: str, *, limit: int = 300) -> str:
    """Free text of a header (RFC 2047 words decoded), one line without control characters."""
    text = value[:LONGEST]
    if "=?" in text:
        with suppress(HeaderParseError, ValueError, LookupError):  # else shown as it was written
            parts = decode_header(text)
            text = "".join(part if isinstance(part, str) else decode(part, charset or "") for part, charset in parts)
    return re.sub(r"\s+", " ", one_line(clean(text)))[:limit].strip()


def mailboxes(values: list[str]) -> tuple[Mailbox, ...]:
    """Every mailbox of address headers that has an address, at most ``MOST_MAILBOXES``."""
    found: list[Mailbox] = []
    for value in values:
        for written in _split(value[:LONGEST_LIST]):
            if mailbox := _mailbox(written):
                found.append(mailbox)
            if len(found) >= MOST_MAILBOXES:
                return tuple(found)
    return tuple(found)


def message_ids(value: str) -> tuple[str, ...]:
    """The ids in a header without brackets, in order; the last ``MOST_REFERENCES`` of very many."""
    text = value[-LONGEST:]
    found = _ID.findall(text) or [each for each in text.split()[:MOST_REFERENCES] if "@" in each and len(each) <= 250]
    return tuple(clean(each) for each in found[-MOST_REFERENCES:])


def instant(value: str) -> datetime | None:
    """None for anything that is no date between 1990 and 2200."""
    try:
        found = parsedate_to_datetime(value[:100])
        found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return found if 1990 <= found.year <= 2200 else None


def _split(value: str) -> Iterator[str]:
    """At commas outside quotes, brackets and comments; group names ("Team: a@b, c@d;") fall away."""
    written: list[str] = []
    is_quoted, is_escaped, depth = False, False, 0
    for character in value:
        if is_escaped:
            is_escaped = False
        elif character == "\\":
            is_escaped = True
        elif character == '"':
            is_quoted = not is_quoted
        elif not is_quoted:
            depth = max(0, depth + (character in "<(") - (character in ">)"))
            if not depth and character in ",;":
                yield "".join(written)
                written.clear()
                continue
        written.append(character)
    yield "".join(written)


def _mailbox(written: str) -> Mailbox | None:
    written = written.strip()[:2_000]
    if angles := list(_ANGLE.finditer(written)):
        last = angles[-1]
        name, address = written[: last.start()], last[1]
    else:
        comment = _COMMENT.search(written)
        name, address = (comment[0][1:-1] if comment else ""), _COMMENT.sub("", written).rpartition(":")[2]
    address = clean(address).strip().strip('"')
    if len(address) > LONGEST_ADDRESS or unsafe_in_envelope(address):
        return None
    return Mailbox(words(name.strip().strip('"').replace('\\"', '"'), limit=LONGEST_NAME), address)
