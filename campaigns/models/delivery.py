"""The engine's journal. The database owns all state of a send; Celery messages are hints."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaign import Campaign, CampaignContent
from consent.models import ConsentRecord
from contacts.models import Contact
from ecrm.tenancy.scoping import TenantField, TenantForeignKey, TenantModel


class Chunk(TenantModel):
    """About 1,000 deliveries of one content worked together.

    A lease (``leased_until`` by the database clock, ``worker``) says who is on it. A chunk with
    deferred or doubtful deliveries comes due again later and works only those; it is done when each
    of its deliveries has a final outcome. ``recipient_domain`` is set where that domain has a
    throttle of its own. The counts say where its deliveries stand now; ``rate`` is the speed of
    the worker that is on it, in messages a second.
    """

    campaign = TenantForeignKey(Campaign, models.CASCADE, related_name="chunks", db_index=False)
    content = TenantForeignKey(CampaignContent, models.PROTECT, db_index=False)
    recipient_domain = models.CharField(max_length=253, blank=True)
    size = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    leased_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=80, blank=True)
    done_at = models.DateTimeField(null=True)
    sent = models.PositiveIntegerField(default=0)
    deferred = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    unknown = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    rate = models.FloatField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(done_at=None), name="chunk_due"),
            models.Index(fields=["tenant", "campaign"], name="chunk_campaign"),
        ]


class Delivery(TenantModel):
    """Who gets which content, and the ledger row that allows it. Immutable.

    The trigger ``delivery_needs_consent`` refuses rows without live consent.
    """

    tenant = TenantField(db_constraint=False)
    campaign = TenantForeignKey(Campaign, models.CASCADE, related_name="deliveries", db_index=False)
    contact = TenantForeignKey(Contact, models.CASCADE, db_index=False)
    content = TenantForeignKey(CampaignContent, models.PROTECT, db_index=False)
    address = models.CharField(max_length=254)
    address_norm = models.CharField(max_length=254)
    address_hash = models.BinaryField(max_length=32)
    is_marketing = models.BooleanField(default=True)
    consent_record = TenantForeignKey(ConsentRecord, models.PROTECT, null=True, db_index=False)
    chunk = TenantForeignKey(Chunk, models.CASCADE, related_name="deliveries", db_index=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "campaign", "contact"], name="delivery_contact_once"),
            models.UniqueConstraint(fields=["tenant", "campaign", "address_norm"], name="delivery_address_once"),
        ]
        indexes = [
            models.Index(fields=["tenant", "chunk", "id"], name="delivery_chunk"),
            models.Index(fields=["tenant", "contact"], name="delivery_who"),
        ]


class Exclusion(TenantModel):
    """Who of the segment was left out of a send, and why (``campaigns.exclusions`` names reasons)."""

    tenant = TenantField(db_constraint=False)
    campaign = TenantForeignKey(Campaign, models.CASCADE, related_name="exclusions", db_index=False)
    contact = TenantForeignKey(Contact, models.CASCADE)
    reason = models.CharField(max_length=30)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "campaign", "contact"], name="exclusion_once")]
        indexes = [models.Index(fields=["tenant", "campaign", "reason", "id"], name="exclusion_reason")]


class Intent(TenantModel):
    """Written and committed before a message is handed over. Append-only.

    An intent without an outcome, once its chunk's lease has run out, is a message nobody knows
    the fate of: it is asked for by Message-ID, never sent again blindly.
    """

    tenant = TenantField(db_constraint=False)
    campaign = TenantForeignKey(Campaign, models.CASCADE, db_index=False)
    delivery = TenantForeignKey(Delivery, models.CASCADE, db_index=False)
    attempt = models.PositiveSmallIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "delivery", "attempt"], name="intent_once")]


class OutcomeKind(models.TextChoices):
    SENT = "sent", _("Handed over")
    DEFERRED = "deferred", _("Deferred")
    FAILED = "failed", _("Refused")
    UNKNOWN = "unknown", _("Unknown")
    SKIPPED = "skipped", _("Left out")
    # Told later, of a message that was handed over.
    DELIVERED = "delivered", _("Arrived")
    BOUNCED = "bounced", _("Came back")
    COMPLAINED = "complained", _("Marked as spam")


# What a chunk counts of its deliveries; the others come after hand-over.
COUNTED = (
    OutcomeKind.SENT,
    OutcomeKind.DEFERRED,
    OutcomeKind.FAILED,
    OutcomeKind.UNKNOWN,
    OutcomeKind.SKIPPED,
)


class Outcome(TenantModel):
    """What became of one attempt. Append-only; the strongest kind of a delivery wins.
    Bounces and complaints that are told later belong to the attempt that was handed over.

    ``skipped`` means consent or suppression changed between the audience and the hand-over.
    """

    tenant = TenantField(db_constraint=False)
    campaign = TenantForeignKey(Campaign, models.CASCADE, db_index=False)
    delivery = TenantForeignKey(Delivery, models.CASCADE, db_index=False)
    attempt = models.PositiveSmallIntegerField(default=1)
    kind = models.CharField(max_length=10, choices=OutcomeKind.choices)
    code = models.PositiveSmallIntegerField(null=True)
    reason = models.CharField(max_length=40, blank=True)
    text = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "delivery", "attempt", "kind"], name="outcome_once")]
        indexes = [
            # What is sent is counted on its chunk; people look for the rest.
            models.Index(
                fields=["tenant", "campaign", "kind"], condition=~models.Q(kind="sent"), name="outcome_campaign"
            ),
        ]


class Throttle(TenantModel):
    """A token bucket: ``tokens`` messages may go now, ``per_second`` more each second up to ``burst``.

    ``scope`` is tenant, identity (sending domain) or domain (recipients'). Taken by conditional update.
    """

    scope = models.CharField(max_length=10)
    key = models.CharField(max_length=253)
    per_second = models.FloatField()
    burst = models.FloatField()
    tokens = models.FloatField()
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "scope", "key"], name="throttle_once")]
