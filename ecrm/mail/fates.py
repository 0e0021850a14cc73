"""What became of a message after it was accepted, whoever tells us: a report by mail, a provider's webhook.

Upper rooms register what they do about messages of theirs; each knows its own by ``message``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ecrm.mail.classify import Refusal, classify


class FateKind(StrEnum):
    """BOUNCED: refused for good by its last server. DELAYED: still being tried. COMPLAINED: reported as spam.
    UNSUBSCRIBED: wants no more, said by the provider's own means."""

    DELIVERED = "delivered"
    DELAYED = "delayed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"


@dataclass(frozen=True, slots=True)
class Fate:
    """``message`` is a Message-ID or token of ``message_ids``; ``told_by`` who says so ("smtp", "postmark").

    Of a bounce, ``code`` is the SMTP reply (0 for unknown), ``status`` its RFC 3463 form, ``text`` the
    server's words; ``is_dead`` that the teller itself says the address does not exist.
    """

    kind: FateKind
    message: str
    told_by: str
    at: datetime | None = None
    code: int = 0
    status: str = ""
    text: str = ""
    is_dead: bool = False

    @property
    def refusal(self) -> Refusal:
        """What a bounce means for the address; timid about HARD (``classify``)."""
        if self.is_dead and not self.status.startswith("4"):
            return Refusal.HARD
        assumed = 450 if self.status.startswith("4") else 550
        return classify(self.code or assumed, self.status, self.text)


Follower = Callable[[Fate], bool]
_followers: list[Follower] = []


def register(follower: Follower) -> None:
    """``follower`` answers whether the message was one of its own. Must be harmless when told twice, in any order."""
    _followers.append(follower)


def tell(fate: Fate) -> bool:
    """In the tenant's transaction. False when the message is nobody's here."""
    return any(follower(fate) for follower in _followers)
