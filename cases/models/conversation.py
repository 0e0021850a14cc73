from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.models.case import Case
from contacts.models import Contact
from ecrm.files.models import File
from ecrm.mail.models import InboundMail
from ecrm.mail.posting.handovers import PostedMail
from ecrm.tenancy.scoping import TenantForeignKey, TenantModel

LONGEST_MESSAGE_ID = 300


class Direction(models.TextChoices):
    IN = "in", _("From the customer")
    OUT = "out", _("Answer")
    NOTE = "note", _("Private note")


class Doubt(models.TextChoices):
    """Why a message that looks like an answer did not join the case it named."""

    NONE = "", _("None")
    FORGED_TOKEN = "forged_token", _("It carries a reply address that is not ours.")
    UNKNOWN_REFERENCE = "unknown_reference", _("It answers a message that is not ours.")
    OTHER_SENDER = "other_sender", _("It answers a case of somebody else.")


class CaseMessage(TenantModel):
    """What was said once: never edited, only blanked by erasure.

    ``text`` is what to show (of a mail: without quotes and signature), ``html`` the sanitised
    whole, shown in a sandbox only. ``author`` is the member who wrote (out, note), ``contact`` the
    person (in), ``sender_name`` and ``sender_address`` what the mail itself said. ``message_id``
    and ``in_reply_to`` are Message-IDs without angle brackets (RFC 5322, 3.6.4); ``mail`` holds
    the bytes as they came.
    """

    case = TenantForeignKey(Case, models.CASCADE, related_name="messages", db_index=False)
    direction = models.CharField(max_length=4, choices=Direction.choices)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    contact = TenantForeignKey(Contact, models.SET_NULL, null=True)
    sender_name = models.CharField(max_length=200, blank=True)
    sender_address = models.CharField(max_length=254, blank=True)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    is_automatic = models.BooleanField(default=False)
    doubt = models.CharField(max_length=20, choices=Doubt.choices, blank=True, default=Doubt.NONE)
    message_id = models.CharField(max_length=LONGEST_MESSAGE_ID, blank=True)
    in_reply_to = models.CharField(max_length=LONGEST_MESSAGE_ID, blank=True)
    mail = TenantForeignKey(InboundMail, models.SET_NULL, null=True, db_index=False)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "case", "at", "id"], name="case_message_thread"),
            models.Index(fields=["tenant", "message_id"], condition=~Q(message_id=""), name="case_message_id"),
        ]
        constraints = [models.UniqueConstraint(fields=["tenant", "mail"], name="case_message_mail")]

    def __str__(self) -> str:
        return self.text[:80]


class CaseFile(TenantModel):
    """An attachment of one message. ``content_id`` is how its HTML names it (RFC 2392)."""

    message = TenantForeignKey(CaseMessage, models.CASCADE, related_name="files", db_index=False)
    file = TenantForeignKey(File, models.CASCADE)
    content_id = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["tenant", "message"], name="case_file_message")]


class Handover(PostedMail):
    """How one answer travels.

    The ``former`` columns are what an undo within the first seconds gives back to the case;
    ``has_taken``: the case was nobody's, and the answer made it its writer's.
    """

    message = TenantForeignKey(CaseMessage, models.CASCADE, related_name="handovers", db_index=False)
    former_state = models.CharField(max_length=12)
    former_waiting_since = models.DateTimeField(null=True)
    former_first_reply_at = models.DateTimeField(null=True)
    has_taken = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "message"], name="handover_once")]
