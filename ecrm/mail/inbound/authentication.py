"""What a server we trust found out about the sender (RFC 8601)."""

from __future__ import annotations

import re

from django.conf import settings

from ecrm.mail.inbound.mime import Part
from ecrm.mail.models import InboundMail

_RESULT = re.compile(r"\b(spf|dkim|dmarc)=([a-z]{1,12})\b")
# There the mail comes from a mailbox or provider that wrote its own line on top.
_TRUSTED_ON_TOP = frozenset({InboundMail.Channel.IMAP.value, InboundMail.Channel.WEBHOOK.value})


def verdicts(head: Part, *, channel: str) -> dict[str, str]:
    """Words by method ("spf": "pass"); empty where nobody we trust has said anything.

    Anyone can write the header, so only the topmost counts, and by SMTP only one of the server
    named in ``ECRM_TRUSTED_AUTHSERV``.
    """
    written = head.header("authentication-results")[:5_000].lower()
    server = written.partition(";")[0].strip().partition(" ")[0]
    trusted = settings.TRUSTED_AUTHSERV.lower()
    if not written or (server != trusted if trusted else channel not in _TRUSTED_ON_TOP):
        return {}
    found: dict[str, str] = {}
    for method, word in _RESULT.findall(written):
        found[method] = "pass" if "pass" in (word, found.get(method)) else word
    return found
