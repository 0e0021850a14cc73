"""Whom a tenant writes as, where it is written to, and every mail that came."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ecrm.files.models import File
from ecrm.tenancy.scoping import TenantForeignKey, TenantModel


class SendingIdentity(TenantModel):
    """A sender: the From line, where answers go, and how fast its domain may send.

    ``per_second`` 0 means no limit of our own. ``relay_url`` empty means the installation's relay.
    """

    name = models.CharField(_("sender name"), max_length=120)
    email = models.EmailField(_("sender address"))
    reply_to = models.EmailField(_("reply-to address"), blank=True)
    relay_url = models.CharField(max_length=300, blank=True)
    per_second = models.PositiveIntegerField(_("messages a second"), default=0)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "email"], name="identity_email")]

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"

    @property
    def domain(self) -> str:
        return self.email.rpartition("@")[2].lower()


class InboundAddress(TenantModel):
    """An address this tenant is written to; its ``Route`` finds the tenant. ``kind`` is what for ("support").

    Open addresses are unique on the installation by their route. Closed ones refuse mail.
    """

    address = models.EmailField(_("address"))
    address_norm = models.CharField(max_length=254)
    kind = models.CharField(max_length=20, default="support")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "address_norm"], name="inbound_address_once")]

    def __str__(self) -> str:
        return self.address


class ImapMailbox(TenantModel):
    """A mailbox elsewhere that is read for new mail. ``secret`` is the password, encrypted.

    ``uid_validity`` and ``last_uid`` are where reading stands (RFC 3501, 2.3.1.1); the mailbox itself is
    never changed. ``due_at`` None means nobody reads it. ``error`` says what the last try ran into.
    """

    address = models.EmailField(_("address"))
    host = models.CharField(_("IMAP server"), max_length=253)
    port = models.PositiveIntegerField(_("port"), default=993)
    uses_tls = models.BooleanField(_("encrypted connection"), default=True)
    username = models.CharField(_("user name"), max_length=254)
    secret = models.TextField()
    folder = models.CharField(_("folder"), max_length=200, default="INBOX")
    takes_old = models.BooleanField(_("take in what is there already"), default=False)
    uid_validity = models.BigIntegerField(null=True)
    last_uid = models.BigIntegerField(default=0)
    due_at = models.DateTimeField(null=True, default=timezone.now)
    fetched_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "host", "username", "folder"], name="imap_mailbox_once")
        ]
        indexes = [models.Index(fields=["due_at"], name="imap_due")]

    def __str__(self) -> str:
        return self.address


class InboundMail(TenantModel):
    """One mail to one recipient, kept as it came. The row is committed before it is acknowledged.

    ``key`` makes a repeated delivery harmless: SHA-256 of content and recipient. ``attempts`` is counted
    before each try, so that a mail which kills its worker is set aside too. ``verdict`` says in short
    words what became of it, ``error`` why it could not be taken in.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        TAKEN = "taken", _("Taken in")
        IGNORED = "ignored", _("Nothing to do")
        FAILED = "failed", _("Failed")

    class Channel(models.TextChoices):
        SMTP = "smtp", _("SMTP")
        IMAP = "imap", _("IMAP")
        WEBHOOK = "webhook", _("Mail provider")

    key = models.CharField(max_length=64)
    file = TenantForeignKey(File, models.PROTECT)
    sender = models.CharField(max_length=254, blank=True)
    recipient = models.CharField(max_length=254)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    received_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    verdict = models.CharField(max_length=60, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "key"], name="inbound_mail_once")]
        indexes = [
            models.Index(fields=["tenant", "-received_at", "-id"], name="inbound_newest"),
            models.Index(fields=["tenant", "id"], condition=models.Q(state="failed"), name="inbound_failed"),
        ]

    def __str__(self) -> str:
        return f"{self.sender} → {self.recipient}"
