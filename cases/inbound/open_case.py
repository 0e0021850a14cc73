"""The answer to a letter joins the case its writer has open: one conversation, not two."""

from __future__ import annotations

from cases import notices
from cases.inbound import receiver
from cases.models import ENDED, Case, Doubt
from cases.services import add_reply
from contacts.letters import open_matters
from contacts.models import Contact
from ecrm.mail.inbound.receivers import Arrival


def register() -> None:
    open_matters.register(take)


def take(arrival: Arrival, contact: Contact) -> str | None:
    """The path of the case spoken of last, if there is one that is not over."""
    if receiver.is_known(arrival):
        arrival.verdict = "repeated"
        return ""  # told when it came first
    case = Case.objects.filter(contact=contact).exclude(state__in=ENDED).order_by("-last_message_at", "-pk").first()
    if case is None:
        return None
    add_reply(case=case, message=receiver.incoming(arrival, Doubt.NONE))
    arrival.verdict = f"joined case {case.number}"
    return notices.path_of(case)
