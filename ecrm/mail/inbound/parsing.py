"""Raw bytes to a ``Letter``. Never raises, whatever the bytes, and takes time in proportion to them."""

from __future__ import annotations

import mimetypes
import re

import structlog

from ecrm.files.services import safe_name
from ecrm.mail.inbound import addresses, authentication, automatic, headers, mime, quotes, reports, sanitising
from ecrm.mail.inbound.charsets import decode
from ecrm.mail.inbound.letter import Attachment, Letter, Mailbox
from ecrm.mail.inbound.mime import Mime, Part

LONGEST_TEXT = 400_000
LONGEST_PART = 2_000_000
MOST_TEXTS = 20
_NESTED = ("message/rfc822", "message/global")
log = structlog.get_logger(__name__)


def parse(raw: bytes, *, recipient: str = "", sender: str | None = None, channel: str = "") -> Letter:
    """``recipient`` and ``sender`` are the envelope's, ``channel`` the door it came by."""
    try:
        return _parse(raw, recipient=recipient, sender=sender, channel=channel)
    except Exception:
        # Our own fault, found by a stranger's mail: people still get its text, and we the trace.
        log.exception("mail_not_read", size=len(raw))
        text = decode(raw[:LONGEST_TEXT], "")
        return Letter(text=text, reply_text=text, token=addresses.token_in(recipient), problems=("not readable",))


def _parse(raw: bytes, *, recipient: str, sender: str | None, channel: str) -> Letter:
    if b"\n" not in raw and b"\r" in raw:
        raw = raw.replace(b"\r", b"\n")
    found = mime.split(raw)
    head = found.head
    texts, htmls, attachments = _sorted(raw, found)
    html = sanitising.sanitise("\n<hr>\n".join(htmls)) if htmls else ""
    text = _joined(texts) or (sanitising.plain(html) if html else "")
    subject = headers.words(head.header("subject"))
    date = headers.instant(head.header("date"))
    senders = headers.mailboxes([*head.all("from"), *head.all("sender"), sender or ""])
    references = headers.message_ids(head.header("references"))
    return Letter(
        sender=senders[0] if senders else Mailbox(),
        reply_to=next(iter(headers.mailboxes(head.all("reply-to"))), Mailbox()),
        to=headers.mailboxes(head.all("to")),
        cc=headers.mailboxes(head.all("cc")),
        subject=subject,
        date=date,
        message_id=next(iter(headers.message_ids(head.header("message-id"))), ""),
        in_reply_to=next(iter(headers.message_ids(head.header("in-reply-to"))), ""),
        references=references,
        text=text[:LONGEST_TEXT],
        reply_text=quotes.new_part(text[:LONGEST_TEXT]),
        html=html,
        attachments=tuple(attachments),
        is_automatic=automatic.is_automatic(head, subject=subject, sender=sender if channel == "smtp" else None),
        authentication=authentication.verdicts(head, channel=channel),
        report=reports.read(raw, found, is_from_nobody=sender == "" and channel == "smtp"),
        token=addresses.token_in(recipient),
        problems=_problems(found, has_sender=bool(senders), has_date=date is not None),
    )


def _sorted(raw: bytes, found: Mime) -> tuple[list[str], list[str], list[Attachment]]:
    """Texts, HTML texts and attachments, in reading order."""
    texts: list[str] = []
    htmls: list[str] = []
    attachments: list[Attachment] = []
    for part in found.leaves:
        if part.content_type in ("text/plain", "text/html") and part.disposition != "attachment" and not part.file_name:
            kind = htmls if part.content_type == "text/html" else texts
            if len(kind) < MOST_TEXTS:
                kind.append(_text_of(raw, part))
        elif part.content_type not in ("message/delivery-status", "message/feedback-report"):
            attachments.append(_attachment(raw, part, len(attachments) + 1))
    return texts, htmls, attachments


def _text_of(raw: bytes, part: Part) -> str:
    text = decode(part.content(raw)[:LONGEST_PART], part.parameters.get("charset", ""))
    text = re.sub(r"\r\n?", "\n", text)
    if part.parameters.get("format", "").lower() == "flowed":
        text = _unflowed(text)
    return text


def _unflowed(text: str) -> str:
    """Soft line ends undone (RFC 3676): a line that ends in a blank goes on in the next."""
    return re.sub(r"(?m)(?<=[^\n ]) \n(?![ >\n]|-- $)", " ", text)


def _joined(texts: list[str]) -> str:
    return "\n\n".join(text.strip("\n") for text in texts if text.strip()).strip()


def _attachment(raw: bytes, part: Part, number: int) -> Attachment:
    content = raw[part.start : part.end] if part.content_type in _NESTED else part.content(raw)
    content_id = part.header("content-id").strip().strip("<>")[:200]
    return Attachment(_name(part, number), part.content_type[:120], len(content), content_id, content)


def _name(part: Part, number: int) -> str:
    if written := headers.words(part.file_name, limit=200):
        return safe_name(written)
    ending = ".eml" if part.content_type in _NESTED else mimetypes.guess_extension(part.content_type) or ".bin"
    return f"attachment-{number}{ending}"


def _problems(found: Mime, *, has_sender: bool, has_date: bool) -> tuple[str, ...]:
    missing = ["no sender"] * (not has_sender) + ["no date"] * (not has_date)
    return tuple(dict.fromkeys([*found.problems, *missing]))
