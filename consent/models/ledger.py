"""What we may do: purposes, notices, the ledger, today's state, suppression."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.models import Contact
from ecrm.tenancy.scoping import TenantField, TenantForeignKey, TenantModel


class Channel(models.TextChoices):
    EMAIL = "email", _("Email")
    SMS = "sms", _("SMS")
    PHONE = "phone", _("Phone")
    WEB = "web", _("Web")


class Basis(models.TextChoices):
    """GDPR Art. 6(1)."""

    CONSENT = "consent", _("Consent")
    CONTRACT = "contract", _("Contract")
    INTEREST = "interest", _("Legitimate interest")


class Purpose(TenantModel):
    """Why we would write to somebody. Only ``position`` and ``archived_at`` ever change (by grant):
    people answered for the rest. Texts are in ``PurposeText``. Marketing always needs consent.
    """

    key = models.SlugField(max_length=40)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    basis = models.CharField(max_length=10, choices=Basis.choices, default=Basis.CONSENT)
    is_marketing = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "key"], name="purpose_key"),
            models.CheckConstraint(
                condition=Q(is_marketing=False) | Q(basis="consent"), name="marketing_needs_consent"
            ),
        ]

    @property
    def has_choice(self) -> bool:
        """Whether a person may say yes or no to it."""
        return self.basis != Basis.CONTRACT


class PurposeText(TenantModel):
    """A purpose in one language, as the preference page shows it."""

    purpose = TenantForeignKey(Purpose, models.CASCADE, related_name="texts")
    language = models.CharField(max_length=10)
    name = models.CharField(_("name"), max_length=120)
    description = models.CharField(_("description"), max_length=400, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "purpose", "language"], name="purpose_text_once")]


class Notice(TenantModel):
    """The wording a person agreed to: never edited, a new version instead. ``sha256`` of the text."""

    purpose = TenantForeignKey(Purpose, models.PROTECT, related_name="notices")
    version = models.PositiveIntegerField()
    language = models.CharField(max_length=10)
    text = models.TextField(_("text"))
    sha256 = models.CharField(max_length=64)
    published_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "purpose", "version", "language"], name="notice_version")
        ]


class Action(models.TextChoices):
    GRANTED = "granted", _("Granted")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    OBJECTED = "objected", _("Objected")
    EXPIRED = "expired", _("Expired")


class Source(models.TextChoices):
    """Where the answer was given."""

    IMPORT = "import", _("Import")
    FORM = "form", _("Form")
    PREFERENCES = "preferences", _("Preference page")
    ONE_CLICK = "one_click", _("One-click unsubscribe")
    STAFF = "staff", _("Staff")
    API = "api", _("API")
    WEB = "web", _("Website")
    SHOP = "shop", _("Shop")
    COMPLAINT = "complaint", _("Spam complaint")


class ConsentRecord(TenantModel):
    """The ledger: one answer of one person, with its evidence. Append-only by grant and trigger.

    ``given_at`` is when the person answered, ``recorded_at`` when we wrote it down. ``evidence``
    holds what proves it: ip, user_agent, url, wording, file and line, campaign, staff (ids).
    """

    tenant = TenantField(db_constraint=False)
    # Looked up by person alone, through ``consent_record_who``: indexes of their own would only slow imports.
    contact = TenantForeignKey(Contact, models.PROTECT, db_index=False)
    purpose = TenantForeignKey(Purpose, models.PROTECT, db_index=False)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    action = models.CharField(max_length=10, choices=Action.choices)
    source = models.CharField(max_length=12, choices=Source.choices)
    notice = TenantForeignKey(Notice, models.PROTECT, null=True, db_index=False)
    evidence = models.JSONField(default=dict)
    recorded_by_id = models.BigIntegerField(null=True)
    given_at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["tenant", "contact", "purpose", "-given_at", "-id"], name="consent_record_who")]


class ConsentState(TenantModel):
    """Today's answer per person, purpose and channel. Kept by a trigger of the ledger alone.

    The app has no right to write here. ``record`` is the ledger row that decided.
    """

    tenant = TenantField(db_constraint=False)
    # The ledger's row has these references already.
    contact = TenantForeignKey(Contact, models.CASCADE, db_index=False, has_reference=False)
    purpose = TenantForeignKey(Purpose, models.PROTECT, db_index=False, has_reference=False)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    state = models.CharField(max_length=10, choices=Action.choices)
    record = TenantForeignKey(ConsentRecord, models.PROTECT, db_index=False, has_reference=False)
    since = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "contact", "purpose", "channel"], name="consent_state_once")
        ]
        indexes = [
            models.Index(
                fields=["tenant", "purpose", "channel", "contact"],
                condition=Q(state="granted"),
                name="consent_state_granted",
            )
        ]


class Suppression(TenantModel):
    """An address nobody may write to, known only by its keyed hash. Lifted (by grant the only
    change), never deleted. Why it was lifted stands in the audit.
    """

    class Reason(models.TextChoices):
        HARD_BOUNCE = "hard_bounce", _("Address does not exist")
        SOFT_BOUNCE = "soft_bounce", _("Mails kept coming back")
        COMPLAINT = "complaint", _("Marked as spam")
        UNSUBSCRIBED = "unsubscribed", _("Asked for no more mail")
        ERASED = "erased", _("Erased")
        MANUAL = "manual", _("Blocked by staff")
        IMPORTED = "imported", _("Blocked in a former system")

    channel = models.CharField(max_length=10, choices=Channel.choices, default=Channel.EMAIL)
    address_hash = models.BinaryField(max_length=32)
    reason = models.CharField(max_length=12, choices=Reason.choices)
    note = models.CharField(max_length=200, blank=True)
    created_by_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "channel", "address_hash"], condition=Q(lifted_at=None), name="suppression_live"
            )
        ]
