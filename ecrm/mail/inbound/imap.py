"""Mailboxes elsewhere, read over IMAP (RFC 3501) without changing anything in them.

Where reading stands is the folder's UIDVALIDITY and the last UID. A mail is kept and the position
moved in one transaction, so that a reader who dies repeats at most what is known already.
"""

from __future__ import annotations

import hashlib
import imaplib
import ipaddress
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog
from django.conf import settings
from django.db import connections
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from ecrm import keys
from ecrm.jobs.outbox import enqueue
from ecrm.mail.inbound import services
from ecrm.mail.models import ImapMailbox, InboundMail
from ecrm.tenancy.context import bind_tenant, require_tenant_id, tenant_transaction

FETCH = "mail.fetch_mailbox"
EVERY = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
TIMEOUT_SECONDS = 15.0
MOST_A_TURN = 200
log = structlog.get_logger(__name__)


class MailboxError(Exception):
    """Why a mailbox cannot be read, in words for the person who set it up."""


def fetch(mailbox_id: int) -> int:
    """Takes in what is new; returns how many mails. Failing is noted on the mailbox and tried again later."""
    with tenant_transaction():
        mailbox = ImapMailbox.objects.filter(pk=mailbox_id, due_at__isnull=False).first()
        if mailbox is None:
            return 0
        # Not due again while it is being read, whoever looks.
        ImapMailbox.objects.filter(pk=mailbox_id).update(due_at=Now() + timedelta(minutes=5))
    try:
        taken = _read(mailbox)
    except MailboxError as error:
        _note_failure(mailbox, str(error))
        return 0
    with tenant_transaction():
        ImapMailbox.objects.filter(pk=mailbox.pk, due_at__isnull=False).update(
            due_at=Now() + (timedelta(0) if taken >= MOST_A_TURN else EVERY),
            fetched_at=timezone.now(),
            error="",
            failures=0,
        )
    return taken


def check(mailbox: ImapMailbox) -> int:
    """Signs in and opens the folder; returns how many mails are in it. Raises ``MailboxError``."""
    with _opened(mailbox) as (_client, count):
        return count


def hint_due() -> int:
    """Finds mailboxes that are due in any tenant, reading as ``dispatch``; returns how many."""
    with connections["dispatch"].cursor() as cursor:
        cursor.execute(
            f"SELECT tenant_id, id FROM {ImapMailbox.table()} WHERE due_at <= now() ORDER BY due_at LIMIT 500"
        )
        rows = cursor.fetchall()
    for tenant_id, mailbox_id in rows:
        with bind_tenant(tenant_id), tenant_transaction():
            moved = ImapMailbox.objects.filter(pk=mailbox_id, due_at__lte=Now()).update(due_at=Now() + EVERY)
            if moved:
                enqueue(FETCH, mailbox_id=mailbox_id)
    return len(rows)


def _read(mailbox: ImapMailbox) -> int:
    with _opened(mailbox) as (client, _count):
        _find_place(mailbox, client)
        uids = [uid for uid in _search(client, mailbox.last_uid + 1) if uid > mailbox.last_uid][:MOST_A_TURN]
        for uid in uids:
            _keep(mailbox, uid, _content(client, uid))
    return len(uids)


def _find_place(mailbox: ImapMailbox, client: imaplib.IMAP4) -> None:
    """A folder made anew counts from one again: everything in it is looked at, known mails by their content."""
    validity = _number(client, "UIDVALIDITY")
    if mailbox.uid_validity == validity:
        return
    is_first = mailbox.uid_validity is None
    start = 0 if mailbox.takes_old or not is_first else max(0, _number(client, "UIDNEXT") - 1)
    mailbox.uid_validity, mailbox.last_uid = validity, start
    _move(mailbox, start)


def _keep(mailbox: ImapMailbox, uid: int, content: bytes | None) -> None:
    """One mail and the position behind it. What is too big or gone is passed by."""
    with tenant_transaction():
        if content is not None:
            key = hashlib.sha256(f"imap:{mailbox.pk}:".encode() + content).hexdigest()
            services.accept(
                content,
                recipient=mailbox.address,
                sender="",
                channel=InboundMail.Channel.IMAP.value,
                key=key,
                tenant_id=require_tenant_id(),
            )
        _move(mailbox, uid)
    mailbox.last_uid = uid


def _move(mailbox: ImapMailbox, uid: int) -> None:
    with tenant_transaction():
        ImapMailbox.objects.filter(pk=mailbox.pk).update(uid_validity=mailbox.uid_validity, last_uid=uid)


def _search(client: imaplib.IMAP4, first: int) -> list[int]:
    status, found = client.uid("SEARCH", f"UID {first}:*")
    if status != "OK":
        raise MailboxError(_("The server did not list its mails."))
    return sorted(int(each) for each in (found[0] or b"").split() if each.isdigit())


def _content(client: imaplib.IMAP4, uid: int) -> bytes | None:
    """None when the mail is gone meanwhile or above the limit."""
    _status, sizes = client.uid("FETCH", str(uid), "(RFC822.SIZE)")
    size = re.search(rb"RFC822\.SIZE (\d+)", b" ".join(each for each in sizes if isinstance(each, bytes)))
    if size is None or int(size[1]) > settings.MAX_MAIL_BYTES:
        log.warning("mail_passed_by", uid=uid, size=int(size[1]) if size else None)
        return None
    _status, found = client.uid("FETCH", str(uid), "(BODY.PEEK[])")
    return next((bytes(each[1]) for each in found if isinstance(each, tuple)), None)


def _number(client: imaplib.IMAP4, name: str) -> int:
    _kind, found = client.response(name)
    text = (found or [None])[0]
    return int(text) if isinstance(text, bytes) and text.isdigit() else 0


@contextmanager
def _opened(mailbox: ImapMailbox) -> Iterator[tuple[imaplib.IMAP4, int]]:
    """Signed in, the folder open for reading, with how many mails it holds."""
    try:
        client = _connect(mailbox)
    except MailboxError:
        raise
    except ssl.SSLError as error:
        raise MailboxError(_("No encrypted connection: the server's certificate or its port is wrong.")) from error
    except OSError as error:
        raise MailboxError(_("The server does not answer at this name and port.")) from error
    try:
        try:
            client.login(mailbox.username, keys.decrypt(mailbox.secret))
        except imaplib.IMAP4.error as error:
            raise MailboxError(_("The server refused the user name or the password.")) from error
        status, count = client.select(_quoted(mailbox.folder), readonly=True)
        if status != "OK":
            raise MailboxError(_("There is no folder “%(folder)s”.") % {"folder": mailbox.folder})
        yield client, int(count[0] or 0)
    except (imaplib.IMAP4.error, OSError, ValueError) as error:
        raise MailboxError(_("The connection broke off.")) from error
    finally:
        _leave(client)


def _connect(mailbox: ImapMailbox) -> imaplib.IMAP4:
    address = _permitted_address(mailbox.host, mailbox.port)
    return (_Encrypted if mailbox.uses_tls else _Plain)(address, mailbox.host, mailbox.port)


def _permitted_address(host: str, port: int) -> str:
    """Where the name leads. Whoever sets up a mailbox must not knock at the installation's own machines through us."""
    found = [str(each[4][0]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not settings.ALLOW_PRIVATE_HOSTS and not all(map(_is_public, found)):
        raise MailboxError(_("The server does not answer at this name and port."))
    return found[0]


def _is_public(address: str) -> bool:
    return ipaddress.ip_address(address.partition("%")[0]).is_global


class _Plain(imaplib.IMAP4):
    """Connects to the address that was looked at: a name may lead elsewhere a moment later."""

    def __init__(self, address: str, host: str, port: int) -> None:
        self._address = address
        super().__init__(host, port, timeout=TIMEOUT_SECONDS)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        return socket.create_connection((self._address, self.port), timeout)


class _Encrypted(imaplib.IMAP4_SSL):
    """The same with TLS, its certificate checked against the name."""

    def __init__(self, address: str, host: str, port: int) -> None:
        self._address = address
        super().__init__(host, port, ssl_context=ssl.create_default_context(), timeout=TIMEOUT_SECONDS)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        plain = socket.create_connection((self._address, self.port), timeout)
        wrapped: socket.socket = self.ssl_context.wrap_socket(plain, server_hostname=self.host)
        return wrapped


def _leave(client: imaplib.IMAP4) -> None:
    try:
        client.logout()
    except (imaplib.IMAP4.error, OSError):
        client.shutdown()


def _quoted(folder: str) -> str:
    return '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _note_failure(mailbox: ImapMailbox, why: str) -> None:
    failures = min(mailbox.failures + 1, 20)
    wait = min(EVERY * 2 ** min(failures, 10), LONGEST_WAIT)
    log.warning("mailbox_not_read", mailbox=mailbox.pk, failures=failures)
    with tenant_transaction():
        ImapMailbox.objects.filter(pk=mailbox.pk, due_at__isnull=False).update(
            due_at=Now() + wait, error=why[:300], failures=failures
        )
