"""Django's own mail (sign-in codes, invitations) through the same relay and transport."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from email.utils import parseaddr

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from ecrm.mail.addresses import normalise
from ecrm.mail.handover import Kind, Outcome, Outgoing, wire_form
from ecrm.mail.relays import default_relay
from ecrm.mail.transports import transport_for


class MailNotSent(OSError):
    """The relay did not take a message; `outcome` says why. An `OSError`, as callers of Django's
    mail functions expect of a mail server that is away."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(f"{outcome.kind}: {outcome.code} {outcome.text}".strip())
        self.outcome = outcome


class RelayBackend(BaseEmailBackend):
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """How many messages the relay took for all of their recipients.

        Raises `MailNotSent` for the first that was refused, unless `fail_silently`. A message in
        doubt counts as sent: a second sign-in code would confuse more than none.
        """
        return sum(self._send(message) for message in email_messages)

    def _send(self, message: EmailMessage) -> bool:
        batch = list(_copies(message))
        transport = transport_for(default_relay())
        refused = [outcome for outcome in transport.deliver(batch) if outcome.kind not in {Kind.ACCEPTED, Kind.UNKNOWN}]
        if refused and not self.fail_silently:
            raise MailNotSent(refused[0])
        return bool(batch) and not refused


def _copies(message: EmailMessage) -> Iterator[Outgoing]:
    """One envelope per recipient, Bcc included, all with the same content."""
    document = message.message()
    content = (wire_form(document.as_bytes()),)
    sender = parseaddr(message.from_email)[1]
    for recipient in message.recipients():
        address = normalise(parseaddr(recipient)[1] or recipient)
        yield Outgoing(sender, address, content, str(document["Message-ID"] or ""))
