"""An answer as a mail: who writes to whom, which conversation it belongs to, text and HTML."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from django.conf import settings

from cases import formatting
from cases.inbound.threading import reply_token
from cases.models import CaseFile, CaseMessage, CaseSettings, Handover
from ecrm.keys import keyed_hash
from ecrm.mail import addresses
from ecrm.mail.handover import Outgoing, wire_form
from ecrm.mail.inbound.addresses import reply_address, support_address
from ecrm.mail.models import SendingIdentity
from ecrm.mail.relays import Relay, default_relay
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Tenant

MOST_REFERENCES = 10
# Whole header lines: the standard library would break long Message-IDs into encoded words.
_POLICY = SMTP.clone(max_line_length=980)
_SAFE_ID = re.compile(r"[!-;=?-~]{1,250}@[!-;=?-~]{1,250}")
_REPLY_MARK = re.compile(r"^\s*(re|aw|sv|odp|res|rv)\s*:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Letter:
    """A finished mail and the relay of its sender."""

    outgoing: Outgoing
    relay: Relay


def compose(handover: Handover) -> Letter | None:
    """The same every time, Message-ID included. None when nobody can write it or nobody can get it."""
    message, ours = handover.message, CaseSettings.of_tenant()
    identity = sender(ours)
    recipient = addresses.normalise(handover.recipient)
    if identity is None or addresses.unsafe_in_envelope(recipient):
        return None
    message_id = _fixed_id(message, identity)
    back = reply_address(reply_token(message.case))
    document = _document(message, identity, ours.signature, recipient, back, message_id)
    return_path = _return_path(message, identity, back)
    outgoing = Outgoing(return_path, recipient, (wire_form(document.as_bytes()),), f"<{message_id}>")
    return Letter(outgoing, Relay.parse(identity.relay_url) if identity.relay_url else default_relay())


def _return_path(message: CaseMessage, identity: SendingIdentity, back: str) -> str:
    """Where mail to us is delivered at all, a bounce comes back to its case. What no person wrote has none:
    nothing may answer it (RFC 3834, 3.3)."""
    if message.is_automatic:
        return ""
    return back if settings.RETURN_PATH_DOMAIN else identity.email


def sender(ours: CaseSettings) -> SendingIdentity | None:
    """Whom the workspace answers as: the chosen one, else its first, else the address that was written to."""
    return ours.identity or SendingIdentity.objects.order_by("pk").first() or _support_desk()


def _support_desk() -> SendingIdentity | None:
    """A workspace that has not said yet who it is can answer all the same. Not stored."""
    address = support_address()
    tenant = Tenant.objects.get(pk=require_tenant_id())
    return SendingIdentity(name=tenant.sender_name or tenant.name, email=address) if address else None


def message_id_of(message: CaseMessage, domain: str) -> str:
    """Without brackets; from the message's own number, so that a repeated attempt says the same."""
    token = keyed_hash("case-message-id", b"%d:%d" % (require_tenant_id(), message.pk)).hex()[:32]
    return f"case.{token}@{domain}"


def _fixed_id(message: CaseMessage, identity: SendingIdentity) -> str:
    """Kept with the first attempt: a sender changed in between must not change the id."""
    if not message.message_id:
        message.message_id = message_id_of(message, identity.domain)
        message.save(update_fields=["message_id"])
    return message.message_id


def _document(
    message: CaseMessage, identity: SendingIdentity, signature: str, recipient: str, back: str, message_id: str
) -> EmailMessage:
    document = EmailMessage(policy=_POLICY)
    heard = _answered(message)
    document["From"] = addresses.mailbox(_sender_name(message, identity), identity.email)
    document["To"] = addresses.mailbox(str(message.case.contact or ""), recipient)
    document["Reply-To"] = addresses.mailbox(identity.name, back)
    document["Subject"] = addresses.one_line(_subject(message))
    document["Date"] = format_datetime(message.at)
    document["Message-ID"] = f"<{message_id}>"
    if heard:
        document["In-Reply-To"] = f"<{heard[-1]}>"
        document["References"] = " ".join(f"<{each}>" for each in heard)
    if message.is_automatic:
        document["Auto-Submitted"] = "auto-replied"
        document["X-Auto-Response-Suppress"] = "All"
    document.set_content(_with(message.text, signature), cte="quoted-printable")
    document.add_alternative(formatting.mail_html(message.text, signature), subtype="html", cte="quoted-printable")
    _attach(document, message)
    return document


def _sender_name(message: CaseMessage, identity: SendingIdentity) -> str:
    """ "Bea Lopes, Acme": people write to a person and know the house."""
    return f"{message.author.name}, {identity.name}" if message.author and message.author.name else identity.name


def _subject(message: CaseMessage) -> str:
    subject = message.case.subject or str(message.case.number)
    if message.is_automatic:
        return f"Auto: {subject}"  # RFC 3834, 3.1.5
    return subject if _REPLY_MARK.match(subject) else f"Re: {subject}"


def _answered(message: CaseMessage) -> list[str]:
    """Message-IDs of the conversation so far, oldest first; ids that could break a header are left out."""
    before = CaseMessage.objects.filter(case=message.case_id, pk__lt=message.pk).exclude(message_id="")
    newest = before.order_by("-pk").values_list("message_id", flat=True)[:MOST_REFERENCES]
    return [each for each in reversed(newest) if _SAFE_ID.fullmatch(each)]


def _with(text: str, signature: str) -> str:
    return f"{text}\n\n-- \n{signature.strip()}\n" if signature.strip() else f"{text}\n"


def _attach(document: EmailMessage, message: CaseMessage) -> None:
    for each in CaseFile.objects.filter(message=message).select_related("file").order_by("pk"):
        kind, _slash, subtype = each.file.content_type.partition("/")
        with each.file.open() as stream:
            document.add_attachment(
                stream.read(),
                maintype=kind or "application",
                subtype=subtype or "octet-stream",
                filename=each.file.name,
            )
