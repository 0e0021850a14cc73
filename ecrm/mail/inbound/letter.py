"""A mail as the rooms above read it. Made by ``parsing.parse``, whatever the bytes were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from ecrm.mail.addresses import normalise


@dataclass(frozen=True, slots=True)
class Mailbox:
    """``address`` as written, possibly empty; ``name`` decoded, on one line."""

    name: str = ""
    address: str = ""

    @property
    def norm(self) -> str:
        return normalise(self.address)

    def __bool__(self) -> bool:
        return bool(self.address)


@dataclass(frozen=True, slots=True)
class Attachment:
    """``name`` is safe in a header and on a disk, never empty. ``content_id`` without brackets:
    what ``cid:`` in the HTML refers to, empty for an ordinary attachment. ``size`` in bytes."""

    name: str
    content_type: str
    size: int
    content_id: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Bounced:
    """One recipient of a delivery report (RFC 3464, 2.3). ``action`` is failed, delayed, delivered,
    relayed or expanded; ``status`` like "5.1.1"; ``code`` the SMTP reply in ``text``, 0 for none."""

    address: str
    action: str
    status: str = ""
    code: int = 0
    text: str = ""


@dataclass(frozen=True, slots=True)
class BounceReport:
    """A delivery report. ``message_id`` and ``token`` name the message it is about, where it says so."""

    recipients: tuple[Bounced, ...]
    message_id: str = ""


@dataclass(frozen=True, slots=True)
class ComplaintReport:
    """Somebody pressed "spam" (RFC 5965). ``kind`` is abuse, fraud, opt-out, not-spam, virus or other."""

    kind: str
    address: str = ""
    message_id: str = ""


@dataclass(frozen=True)
class Letter:
    """Everything a mail says, cleaned: no NULs, no line breaks in one-line fields, bounded in length.

    ``message_id``, ``in_reply_to`` and ``references`` (oldest first) without angle brackets.
    ``text`` is the whole as plain text, ``reply_text`` its new part: quotes and signature cut.
    ``html`` is safe to show: scripts, forms and styles that could fetch are gone; remote pictures
    wait in ``data-remote-src``, ``cid:`` stays. Empty where the mail had none.
    ``authentication`` maps spf, dkim, dmarc to words like "pass", where somebody we trust said so.
    ``token`` is what stood behind the + of the address it came to, unverified.
    ``problems`` names what was wrong with the bytes, in short words for staff.
    """

    sender: Mailbox = Mailbox()
    reply_to: Mailbox = Mailbox()
    to: tuple[Mailbox, ...] = ()
    cc: tuple[Mailbox, ...] = ()
    subject: str = ""
    date: datetime | None = None
    message_id: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    text: str = ""
    reply_text: str = ""
    html: str = ""
    attachments: tuple[Attachment, ...] = ()
    is_automatic: bool = False
    authentication: Mapping[str, str] = field(default_factory=dict)
    report: BounceReport | ComplaintReport | None = None
    token: str = ""
    problems: tuple[str, ...] = ()

    @cached_property
    def answered_ids(self) -> tuple[str, ...]:
        """The messages it answers, the likeliest first."""
        return tuple(dict.fromkeys(each for each in (self.in_reply_to, *reversed(self.references)) if each))
