"""A letter to one person needs no purpose, but a blocked address is blocked for it too."""

from __future__ import annotations

from django.utils.translation import gettext as _

from consent import suppression
from consent.models import Suppression
from contacts.letters import refusals
from ecrm.keys import address_hash

Reason = Suppression.Reason


def register() -> None:
    refusals.register(refusal)
    refusals.register_dead(block)


def refusal(address_norm: str) -> str:
    blocked = suppression.live(address_norm=address_norm)
    if blocked is None:
        return ""
    match blocked.reason:
        case Reason.HARD_BOUNCE:
            return _("This address does not exist: mail to it came back. Ask for another one.")
        case Reason.SOFT_BOUNCE:
            return _("Mails to this address kept coming back. Ask for another one.")
        case Reason.COMPLAINT:
            return _("Mail to this address was marked as spam. It may not be written to.")
        case Reason.UNSUBSCRIBED:
            return _("This person asked for no more mail to this address.")
    return _("This address is blocked. It may not be written to.")


def block(address_norm: str) -> None:
    """A letter came back for good: nobody writes there again."""
    suppression.suppress_many([address_hash(address_norm)], reason=Reason.HARD_BOUNCE)
