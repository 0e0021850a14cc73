"""Reports about mail of ours: bounces (RFC 3464) and complaints (RFC 5965)."""

from __future__ import annotations

import logging
import re
from email import message_from_bytes
from email.parser import HeaderParser

from flufl.bounce import all_failures

from ecrm.mail.inbound import headers
from ecrm.mail.inbound.charsets import decode
from ecrm.mail.inbound.letter import Bounced, BounceReport, ComplaintReport
from ecrm.mail.inbound.mime import Mime, Part

# It tells of every guesser it tries, with a traceback where one stumbles.
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)

LONGEST_REPORT = 200_000
MOST_RECIPIENTS = 100
LARGEST_GUESSED = 300_000  # beyond this nobody guesses from the words
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_REPLY = re.compile(r"\b([45]\d\d)[ -]")
_ORIGINAL_ID = re.compile(rb"^Message-ID:\s*<([^<>\s]{1,250})>", re.IGNORECASE | re.MULTILINE)
_OF_MACHINES = re.compile(r"(?:mailer-daemon|postmaster|mail-daemon|mailerdaemon)@", re.IGNORECASE)


def read(raw: bytes, mime: Mime, *, is_from_nobody: bool) -> BounceReport | ComplaintReport | None:
    """The report a mail is, None for ordinary mail. ``is_from_nobody``: its envelope sender is empty.

    First by the standards; then, for mails of mail servers only, by what flufl.bounce knows of
    the ones that keep to none.
    """
    parts = {part.content_type: part for part in reversed(mime.leaves)}
    if status := parts.get("message/delivery-status"):
        recipients = _recipients(_blocks(raw, status))
        return BounceReport(recipients, _original_id(raw, mime)) if recipients else None
    if feedback := parts.get("message/feedback-report"):
        return _complaint(raw, mime, feedback)
    if is_from_nobody or _OF_MACHINES.search(mime.head.header("from")[:500]):
        return _guessed(raw, mime)
    return None


def _complaint(raw: bytes, mime: Mime, part: Part) -> ComplaintReport:
    fields = {key: value for block in _blocks(raw, part)[:1] for key, value in block.items()}
    kind = fields.get("feedback-type", "other").strip().lower()[:20]
    return ComplaintReport(kind, _address(fields.get("original-rcpt-to", "")), _original_id(raw, mime))


def _recipients(blocks: list[dict[str, str]]) -> tuple[Bounced, ...]:
    found = []
    for block in blocks:
        address = _address(block.get("original-recipient", "")) or _address(block.get("final-recipient", ""))
        action = block.get("action", "").strip().lower()[:20]
        if not address or not action:
            continue
        text = headers.words(block.get("diagnostic-code", "").partition(";")[2])
        found.append(Bounced(address, action, _status(block.get("status", ""), text), _code(text), text))
    return tuple(found[:MOST_RECIPIENTS])


def _status(written: str, text: str) -> str:
    """RFC 3463 status; what the server itself said, where the report only says "5.0.0"."""
    own, said = _STATUS.search(written), _STATUS.search(text)
    if said and (own is None or (own[2] == "0" and own[3] == "0" and own[1] == said[1])):
        return said[0]
    return own[0] if own else ""


def _code(text: str) -> int:
    found = _REPLY.search(text + " ")
    return int(found[1]) if found else 0


def _blocks(raw: bytes, part: Part) -> list[dict[str, str]]:
    """Groups of fields between blank lines, names lower."""
    text = decode(part.content(raw)[:LONGEST_REPORT], "").replace("\r\n", "\n")
    found = []
    for written in re.split(r"\n{2,}", text.strip())[: MOST_RECIPIENTS + 1]:
        fields = HeaderParser().parsestr(written.strip() + "\n\n")
        found.append({key.lower(): str(value) for key, value in reversed(fields.items())})
    return found


def _address(written: str) -> str:
    """From `rfc822; ana@example.com` or `<ana@example.com>`."""
    boxes = headers.mailboxes([written.rpartition(";")[2]])
    return boxes[0].address if boxes else ""


def _original_id(raw: bytes, mime: Mime) -> str:
    """The Message-ID of the message a report quotes."""
    for part in mime.leaves:
        if part.content_type in ("message/rfc822", "message/rfc822-headers", "text/rfc822-headers", "message/global"):
            found = _ORIGINAL_ID.search(part.content(raw)[:LONGEST_REPORT])
            return decode(found[1], "") if found else ""
    return ""


def _guessed(raw: bytes, mime: Mime) -> BounceReport | None:
    if len(raw) > LARGEST_GUESSED or mime.problems or any(part.depth > 5 for part in mime.leaves):
        return None
    try:
        temporary, permanent = all_failures(message_from_bytes(raw))
    except Exception:
        # A guesser written for rubbish may stumble over new rubbish; the mail is then just mail.
        return None
    text = headers.words(decode(raw[:LARGEST_GUESSED], ""), limit=LARGEST_GUESSED)
    said = _STATUS.search(text)
    status = said[0] if said else ""
    failed = [Bounced(_plain(each), "failed", status, 550, "") for each in sorted(permanent)]
    delayed = [Bounced(_plain(each), "delayed", status, 450, "") for each in sorted(temporary)]
    found = tuple(failed + delayed)[:MOST_RECIPIENTS]
    return BounceReport(found, _quoted_id(raw)) if found else None


def _quoted_id(raw: bytes) -> str:
    """The last Message-ID in the text: old servers quote the message below their own words."""
    ids = _ORIGINAL_ID.findall(raw)
    return decode(ids[-1], "") if len(ids) > 1 else ""


def _plain(address: bytes | str) -> str:
    return decode(address, "") if isinstance(address, bytes) else address
