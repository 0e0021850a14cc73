"""One writer's mail: who writes to whom, which conversation it belongs to, text and HTML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from django.conf import settings

from ecrm.files.models import File
from ecrm.keys import keyed_hash
from ecrm.mail import addresses
from ecrm.mail.handover import Outgoing, wire_form
from ecrm.mail.inbound.addresses import support_address
from ecrm.mail.models import SendingIdentity
from ecrm.mail.posting import marks
from ecrm.mail.posting.desk import Finished
from ecrm.mail.relays import Relay, default_relay
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Tenant, User

MOST_REFERENCES = 10
# Whole header lines: the standard library would break long Message-IDs into encoded words.
_POLICY = SMTP.clone(max_line_length=980)
_SAFE_ID = re.compile(r"[!-;=?-~]{1,250}@[!-;=?-~]{1,250}")
_REPLY_MARK = re.compile(r"^\s*(re|aw|sv|odp|res|rv)\s*:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything a mail says. ``back`` is where its answer goes, ``heard`` the Message-IDs of the
    conversation so far without brackets, oldest first; ``message_id`` without brackets too.

    ``is_automatic``: no person wrote it, so that nothing may answer it (RFC 3834, 3.3).
    """

    identity: SendingIdentity
    author: User | None
    recipient: str
    recipient_name: str
    back: str
    subject: str
    text: str
    signature: str
    at: datetime
    message_id: str
    heard: Sequence[str] = ()
    files: Iterable[File] = field(default_factory=tuple)
    is_automatic: bool = False


def finish(draft: Draft) -> Finished | None:
    """None for an address that nothing can be handed over to."""
    recipient = addresses.normalise(draft.recipient)
    if addresses.unsafe_in_envelope(recipient):
        return None
    content = wire_form(_document(draft, recipient).as_bytes())
    outgoing = Outgoing(_return_path(draft), recipient, (content,), f"<{draft.message_id}>")
    relay_url = draft.identity.relay_url
    return Finished(outgoing, Relay.parse(relay_url) if relay_url else default_relay())


def sender(chosen: SendingIdentity | None) -> SendingIdentity | None:
    """Whom the workspace writes as: the chosen one, else its first, else the address it is written to."""
    return chosen or SendingIdentity.objects.order_by("pk").first() or _support_desk()


def sender_name(author: User | None, identity: SendingIdentity) -> str:
    """ "Bea Lopes, Acme": people write to a person and know the house."""
    return f"{author.name}, {identity.name}" if author and author.name else identity.name


def fixed_id(kind: str, pk: int, domain: str) -> str:
    """A Message-ID without brackets, from the row's own number: a repeated attempt says the same."""
    token = keyed_hash(f"{kind}-message-id", b"%d:%d" % (require_tenant_id(), pk)).hex()[:32]
    return f"{kind}.{token}@{domain}"


def answering(subject: str) -> str:
    """The subject of an answer, marked once."""
    return subject if _REPLY_MARK.match(subject) else f"Re: {subject}"


def safe_ids(newest_first: Iterable[str]) -> list[str]:
    """Oldest first; ids that could break a header are left out."""
    return [each for each in reversed(list(newest_first)) if _SAFE_ID.fullmatch(each)]


def _support_desk() -> SendingIdentity | None:
    """A workspace that has not said yet who it is can write all the same. Not stored."""
    address = support_address()
    tenant = Tenant.objects.get(pk=require_tenant_id())
    return SendingIdentity(name=tenant.sender_name or tenant.name, email=address) if address else None


def _return_path(draft: Draft) -> str:
    """Where mail to us is delivered at all, a bounce comes back to its conversation."""
    if draft.is_automatic:
        return ""
    return draft.back if settings.RETURN_PATH_DOMAIN else draft.identity.email


def _document(draft: Draft, recipient: str) -> EmailMessage:
    document = EmailMessage(policy=_POLICY)
    name = sender_name(draft.author, draft.identity)
    document["From"] = addresses.mailbox(name, draft.identity.email)
    document["To"] = addresses.mailbox(draft.recipient_name, recipient)
    document["Reply-To"] = addresses.mailbox(draft.identity.name, draft.back)
    document["Subject"] = addresses.one_line(draft.subject)
    document["Date"] = format_datetime(draft.at)
    document["Message-ID"] = f"<{draft.message_id}>"
    if draft.heard:
        document["In-Reply-To"] = f"<{draft.heard[-1]}>"
        document["References"] = " ".join(f"<{each}>" for each in draft.heard)
    if draft.is_automatic:
        document["Auto-Submitted"] = "auto-replied"
        document["X-Auto-Response-Suppress"] = "All"
    plain = _with(marks.text_of(draft.text), marks.text_of(draft.signature))
    document.set_content(plain, cte="quoted-printable")
    html = marks.mail_html(draft.text, draft.signature)
    document.add_alternative(html, subtype="html", cte="quoted-printable")
    _attach(document, draft.files)
    return document


def _with(text: str, signature: str) -> str:
    return f"{text}\n\n-- \n{signature.strip()}\n" if signature.strip() else f"{text}\n"


def _attach(document: EmailMessage, files: Iterable[File]) -> None:
    for file in files:
        kind, _slash, subtype = file.content_type.partition("/")
        with file.open() as stream:
            document.add_attachment(
                stream.read(),
                maintype=kind or "application",
                subtype=subtype or "octet-stream",
                filename=file.name,
            )
