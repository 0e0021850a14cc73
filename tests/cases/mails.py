"""Mails as people send them, and what workers would do with them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from email.message import EmailMessage
from itertools import count

from django.utils import timezone

from cases.inbound.threading import reply_token
from cases.models import Case, Handover
from ecrm.jobs import outbox
from ecrm.jobs.models import OutboxEntry
from ecrm.mail.inbound import services as inbound
from ecrm.mail.inbound.addresses import reply_address
from ecrm.mail.models import InboundMail
from ecrm.tenancy.context import bind_tenant, tenant_context
from ecrm.tenancy.models import Tenant

_numbers = count(1)


def mail(
    text: str = "The lid of my jug arrived chipped. Can you send another?",
    *,
    sender: str = "Rita Reader <rita@example.org>",
    subject: str = "Lid arrived chipped",
    html: str = "",
    message_id: str = "",
    in_reply_to: str = "",
    files: Sequence[tuple[str, str, bytes]] = (),
    **headers: str,
) -> bytes:
    """``files`` are (name, content type, content). Headers with underscores for hyphens."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, "support@acme.example", subject
    message["Message-ID"] = f"<{message_id or f'mail{next(_numbers)}@example.org'}>"
    if in_reply_to:
        message["In-Reply-To"] = message["References"] = f"<{in_reply_to}>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    for name, kind, content in files:
        main, _slash, sub = kind.partition("/")
        message.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return message.as_bytes()


def accept_all(tenant: Tenant, raw: Sequence[bytes], *, to: str = "", works: bool = True) -> None:
    """All of them wait before a worker comes."""
    for each in raw:
        recipient = to or f"support.{tenant.slug}@in.localhost"
        assert inbound.accept(each, recipient=recipient, sender="rita@example.org", channel="smtp")
    if works:
        work(tenant)


def arrive(tenant: Tenant, raw: bytes, *, to: str = "", sender: str = "rita@example.org") -> InboundMail:
    """As the door would take it in, and a worker after it."""
    recipient = to or f"support.{tenant.slug}@in.localhost"
    kept = inbound.accept(raw, recipient=recipient, sender=sender, channel="smtp")
    assert kept is not None, f"nobody reads {recipient}"
    work(tenant)
    with tenant_context(tenant):
        return InboundMail.objects.get(pk=kept.pk)


def back_address(case: Case) -> str:
    """Where the customer's mail program sends an answer to."""
    return reply_address(reply_token(case))


def work(tenant: Tenant) -> None:
    """What is due, as Celery would do it."""
    with bind_tenant(tenant):
        outbox.drain()


def send_due(tenant: Tenant) -> None:
    """As if the seconds for an undo had passed."""
    past = timezone.now() - timedelta(minutes=1)
    with tenant_context(tenant):
        Handover.objects.filter(state="waiting").update(due_at=past)
        OutboxEntry.objects.filter(task="cases.send").update(due_at=past)
    work(tenant)
