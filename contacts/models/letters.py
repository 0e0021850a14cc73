"""Mail between a colleague and one person, and what the colleague brings to it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.models.people import Contact
from ecrm.files.models import File
from ecrm.mail.models import InboundMail, SendingIdentity
from ecrm.mail.posting.handovers import PostedMail
from ecrm.tenancy.scoping import TenantForeignKey, TenantModel


class Letter(TenantModel):
    """One mail, never edited. ``root`` is the letter that began the conversation, None for that one.

    Of an answer (``IN``), ``text`` is what to show, without quotes and signature; ``sender_name`` and
    ``sender_address`` are what the mail said, ``mail`` its bytes. Of ours, ``signature`` is as it stood
    when it was written, ``identity`` whom it comes from (None: the first there is). Message-IDs are
    without angle brackets.
    """

    class Direction(models.TextChoices):
        IN = "in", _("From the person")
        OUT = "out", _("From us")

    contact = TenantForeignKey(Contact, models.CASCADE, db_index=False)
    direction = models.CharField(max_length=3, choices=Direction.choices)
    root = TenantForeignKey("self", models.SET_NULL, null=True, db_index=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    identity = TenantForeignKey(SendingIdentity, models.SET_NULL, null=True)
    sender_name = models.CharField(max_length=200, blank=True)
    sender_address = models.CharField(max_length=254, blank=True)
    subject = models.CharField(max_length=300)
    text = models.TextField(blank=True)
    signature = models.TextField(blank=True)
    is_automatic = models.BooleanField(default=False)
    message_id = models.CharField(max_length=300, blank=True)
    mail = TenantForeignKey(InboundMail, models.SET_NULL, null=True, db_index=False)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "contact", "-id"], name="letter_contact"),
            models.Index(fields=["tenant", "root", "id"], name="letter_root"),
            models.Index(fields=["tenant", "message_id"], condition=~Q(message_id=""), name="letter_message_id"),
        ]
        constraints = [models.UniqueConstraint(fields=["tenant", "mail"], name="letter_mail")]

    def __str__(self) -> str:
        return self.subject


class LetterFile(TenantModel):
    """An attachment. ``content_id`` is how the HTML names it (RFC 2392)."""

    letter = TenantForeignKey(Letter, models.CASCADE, related_name="files", db_index=False)
    file = TenantForeignKey(File, models.CASCADE)
    content_id = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["tenant", "letter"], name="letter_file_letter")]


class LetterHandover(PostedMail):
    """How a letter of ours travels."""

    letter = TenantForeignKey(Letter, models.CASCADE, related_name="handovers", db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "letter"], name="letter_handover_once")]


class LetterTemplate(TenantModel):
    """A text to begin a letter with; merge fields in both parts. ``language`` empty is for everybody.

    One name may have a text in each language.
    """

    name = models.CharField(_("name"), max_length=80)
    subject = models.CharField(_("subject"), max_length=300, blank=True)
    text = models.TextField(_("text"), max_length=20_000)
    language = models.CharField(_("language"), max_length=10, blank=True)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "name", "language"], name="letter_template_once")]

    def __str__(self) -> str:
        return self.name


class LetterSignature(TenantModel):
    """What stands below the letters of one colleague."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    text = models.TextField(_("signature"), max_length=2000)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "user"], name="letter_signature_once")]
