"""What a refusal means for the address it concerns."""

from __future__ import annotations

import re
from enum import StrEnum


class Refusal(StrEnum):
    """HARD: the address is dead. SOFT: try again. FULL: the person's mailbox is full.
    POLICY: they object to us or to the content, the address may be fine. UNKNOWN: no telling."""

    HARD = "hard"
    SOFT = "soft"
    FULL = "full"
    POLICY = "policy"
    UNKNOWN = "unknown"


# RFC 3463 subject and detail, and RFC 7505 (null MX), 7372 (authentication), 7504.
_BY_SUBJECT_DETAIL = {
    "1.1": Refusal.HARD,  # bad destination mailbox
    "1.2": Refusal.HARD,  # bad destination system
    "1.3": Refusal.HARD,  # bad destination syntax
    "1.6": Refusal.HARD,  # mailbox has moved
    "1.10": Refusal.HARD,  # null MX
    "1.7": Refusal.POLICY,  # bad sender syntax: our fault, not theirs
    "1.8": Refusal.POLICY,  # bad sender system
    "2.1": Refusal.HARD,  # mailbox disabled
    "2.2": Refusal.FULL,
    "2.3": Refusal.POLICY,  # message too long for this mailbox
    "3.4": Refusal.POLICY,  # message too big for the system
    "4.1": Refusal.SOFT,
    "4.7": Refusal.SOFT,  # delivery time expired
    "5.2": Refusal.UNKNOWN,  # syntax error in our commands
    "6.7": Refusal.HARD,  # non-ASCII address not permitted there
}
_BY_SUBJECT = {
    "3": Refusal.SOFT,
    "4": Refusal.SOFT,
    "6": Refusal.POLICY,
    "7": Refusal.POLICY,
}
_NO_SUCH_USER = re.compile(
    r"(user|mailbox|recipient|address|account)\b.{0,40}"
    r"\b(unknown|not found|does ?n[o']t exist|unavailable|disabled|invalid|rejected)"
    r"|no such (user|mailbox|recipient)|unknown (user|recipient)",
    re.IGNORECASE,
)
_FULL = re.compile(r"(quota|mailbox( is)? full|over ?quota|insufficient storage)", re.IGNORECASE)
_POLICY = re.compile(
    r"(spam|blocked|black ?list|block ?list|reputation|policy|dmarc|spf|dkim|not authenticated)",
    re.IGNORECASE,
)


def classify(code: int, enhanced: str = "", text: str = "") -> Refusal:
    """Judge an SMTP refusal by its enhanced status (RFC 3463), else by its words.

    Deliberately timid about HARD, because it suppresses a person's address: a permanent code
    without a reason we know is UNKNOWN. A temporary code (4xx) is never HARD.
    """
    refusal = _by_enhanced_status(enhanced) or _by_words(text) or Refusal.UNKNOWN
    if 400 <= code < 500 and refusal in {Refusal.HARD, Refusal.UNKNOWN}:
        return Refusal.SOFT
    if code >= 500 and refusal is Refusal.SOFT:
        return Refusal.UNKNOWN
    return refusal


def _by_enhanced_status(enhanced: str) -> Refusal | None:
    _, _, subject_detail = enhanced.partition(".")
    exact = _BY_SUBJECT_DETAIL.get(subject_detail)
    return exact or _BY_SUBJECT.get(subject_detail.partition(".")[0])


def _by_words(text: str) -> Refusal | None:
    if _FULL.search(text):
        return Refusal.FULL
    if _POLICY.search(text):
        return Refusal.POLICY
    if _NO_SUCH_USER.search(text):
        return Refusal.HARD
    return None
