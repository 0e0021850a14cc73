"""Accepting mail, and taking it in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from ecrm.audit import services as audit
from ecrm.files import services as files
from ecrm.files.models import File
from ecrm.jobs.outbox import enqueue
from ecrm.mail.addresses import normalise, one_line
from ecrm.mail.inbound import addresses, parsing, receivers
from ecrm.mail.inbound.notices import tell_failed
from ecrm.mail.inbound.receivers import Arrival
from ecrm.mail.models import InboundMail
from ecrm.tenancy.context import tenant_context, tenant_transaction
from ecrm.tenancy.models import User
from ecrm.tenancy.roles import Capability

TAKE_IN = "mail.take_in"
MOST_ATTEMPTS = 5
State = InboundMail.State
log = structlog.get_logger(__name__)


class TooBig(ValueError):
    """A mail above ``ECRM_MAX_MAIL_BYTES``."""


def accept(
    raw: bytes | Iterable[bytes],
    *,
    recipient: str,
    sender: str,
    channel: str,
    key: str = "",
    tenant_id: int | None = None,
) -> InboundMail | None:
    """Keeps one mail for one recipient and asks for it to be taken in, in one transaction.

    Once this returns the sender may be told "250". None when the recipient is nobody's here; a
    ``tenant_id`` (a mailbox of theirs) spares the question. The same mail again is answered with
    the row it has. Raises ``TooBig``.
    """
    if tenant_id is None:
        found = addresses.destination(recipient)
        if found is None:
            return None
        tenant_id = found.tenant_id
    content = raw if isinstance(raw, bytes) else b"".join(raw)
    if len(content) > settings.MAX_MAIL_BYTES:
        raise TooBig
    key = key or content_key(content, recipient)
    with tenant_context(tenant_id):
        known = InboundMail.objects.filter(key=key).first()
        return known or _keep(content, key=key, sender=sender, recipient=recipient, channel=channel)


def content_key(content: bytes, recipient: str) -> str:
    """Tells a repeated delivery from another mail. Without Message-ID and Date two mails may be
    alike and both meant, so those count as one within the hour only."""
    digest = hashlib.sha256(content)
    digest.update(b"\0" + normalise(recipient).encode("utf-8", "replace"))
    head = content[:100_000].lower()
    if b"message-id:" not in head and b"\ndate:" not in head:
        digest.update(f"\0{timezone.now():%Y-%m-%dT%H}".encode())
    return digest.hexdigest()


def _keep(content: bytes, *, key: str, sender: str, recipient: str, channel: str) -> InboundMail:
    file = files.store(
        [content], name="message.eml", content_type="message/rfc822", capability=Capability.CASES_MANAGE, by=None
    )
    try:
        with transaction.atomic():
            mail = unsaved(file, key=key, sender=sender, recipient=recipient, channel=channel)
            mail.save(force_insert=True)
    except IntegrityError:  # told twice at the same moment: the other one keeps it
        files.remove(file)
        return InboundMail.objects.get(key=key)
    enqueue(TAKE_IN, mail_id=mail.pk)
    return mail


def unsaved(file: File, *, key: str, sender: str, recipient: str, channel: str) -> InboundMail:
    """The row of a mail whose bytes are stored."""
    return InboundMail(key=key, file=file, sender=_fitting(sender), recipient=_fitting(recipient), channel=channel)


def take_in(mail_id: int) -> None:
    """Reads one mail and offers it to the receivers. Harmless when it runs again.

    Attempts are counted in a transaction of their own before reading: after ``MOST_ATTEMPTS`` the
    mail is set aside as failed, where people see it and can try again.
    """
    mail = _begin(mail_id)
    if mail is None:
        return
    try:
        with mail.file.open() as stream:
            letter = parsing.parse(stream.read(), recipient=mail.recipient, sender=mail.sender, channel=mail.channel)
        with tenant_transaction():
            if InboundMail.objects.select_for_update().get(pk=mail.pk).state == State.WAITING:
                arrival = Arrival(mail, letter)
                is_taken = receivers.offer(arrival)
                _settle(mail, State.TAKEN if is_taken else State.IGNORED, verdict=arrival.verdict)
    except Exception as error:
        log.exception("mail_not_taken_in", mail=mail.pk, attempt=mail.attempts)
        _put_off(mail, error)


def try_again(*, mail: InboundMail, by: User) -> bool:
    """Gives a failed mail its attempts back. False when it had not failed."""
    again = InboundMail.objects.filter(pk=mail.pk, state=State.FAILED).update(
        state=State.WAITING, attempts=0, error="", settled_at=None
    )
    if again:
        audit.record("inbound_mail.retried", by=by, subject=mail)
        enqueue(TAKE_IN, mail_id=mail.pk)
    return bool(again)


def _begin(mail_id: int) -> InboundMail | None:
    with tenant_transaction():
        counted = InboundMail.objects.filter(pk=mail_id, state=State.WAITING, attempts__lt=MOST_ATTEMPTS)
        if counted.update(attempts=F("attempts") + 1):
            return InboundMail.objects.select_related("file").get(pk=mail_id)
        worn_out = InboundMail.objects.filter(pk=mail_id, state=State.WAITING)
        if worn_out.update(state=State.FAILED, error="worker died", settled_at=timezone.now()):
            tell_failed(InboundMail.objects.get(pk=mail_id))
    return None


def _put_off(mail: InboundMail, error: Exception) -> None:
    """Raises again while there are attempts left: the outbox waits longer each time."""
    is_over = mail.attempts >= MOST_ATTEMPTS
    with tenant_transaction():
        InboundMail.objects.filter(pk=mail.pk, state=State.WAITING).update(
            error=type(error).__name__[:300],
            **({"state": State.FAILED, "settled_at": timezone.now()} if is_over else {}),
        )
        if is_over:
            tell_failed(mail)
    if not is_over:
        raise error


def _settle(mail: InboundMail, state: str, *, verdict: str, at: datetime | None = None) -> None:
    InboundMail.objects.filter(pk=mail.pk).update(
        state=state, verdict=verdict[:60], error="", settled_at=at or timezone.now()
    )


def _fitting(address: str) -> str:
    return one_line(address.encode("utf-8", "replace").decode())[:254]
