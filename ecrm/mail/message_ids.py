"""Message-IDs that say the same for the same delivery, whoever computes them and when.

A repeated attempt then carries the same id, so a relay's log can be asked about it, and a
mailbox that sees it twice may fold the copies.
"""

from __future__ import annotations

import hmac

from ecrm.keys import keyed_hash

DIGEST_CHARACTERS = 32


def message_id(*, campaign_id: int, delivery_id: int, domain: str) -> str:
    """`<token@domain>` with a token of 128 bits, from which outsiders learn no counts."""
    return f"<{_token(campaign_id, delivery_id)}@{domain}>"


def verify(candidate: str, *, campaign_id: int, delivery_id: int) -> bool:
    """Whether a Message-ID is the one of this delivery (angle brackets optional)."""
    token = candidate.strip().strip("<>").partition("@")[0]
    if not token.isascii():
        return False
    return hmac.compare_digest(token, _token(campaign_id, delivery_id))


def _token(campaign_id: int, delivery_id: int) -> str:
    digest = keyed_hash("message-id", b"%d:%d" % (campaign_id, delivery_id))
    return digest.hex()[:DIGEST_CHARACTERS]
