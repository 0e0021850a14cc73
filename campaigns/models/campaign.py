from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consent.models import Purpose
from contacts.models import Segment
from ecrm.mail.models import SendingIdentity
from ecrm.tenancy.scoping import TenantForeignKey, TenantModel


class State(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SCHEDULED = "scheduled", _("Scheduled")
    SENDING = "sending", _("Sending")
    PAUSED = "paused", _("Paused")
    SENT = "sent", _("Sent")
    CANCELLED = "cancelled", _("Cancelled")


TRANSITIONS: dict[State, set[State]] = {
    State.DRAFT: {State.SCHEDULED, State.SENDING, State.CANCELLED},
    State.SCHEDULED: {State.DRAFT, State.SENDING, State.CANCELLED},
    State.SENDING: {State.PAUSED, State.SENT, State.CANCELLED},
    State.PAUSED: {State.SENDING, State.CANCELLED},
    State.SENT: set(),
    State.CANCELLED: set(),
}


class Campaign(TenantModel):
    """One mailing to one segment for one purpose.

    ``content_version`` guards against stale forms and names the compiled content. ``audience_done_at``
    says the audience is decided; ``audience_position`` is the id of the last person decided so far,
    ``audience_rule`` the segment's rule, frozen at the start.
    ``hold_reason`` explains a pause nobody asked for.
    """

    name = models.CharField(_("name"), max_length=120)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    segment = TenantForeignKey(Segment, models.PROTECT, null=True, blank=True)
    purpose = TenantForeignKey(Purpose, models.PROTECT, null=True, blank=True)
    identity = TenantForeignKey(SendingIdentity, models.PROTECT, null=True, blank=True)
    holdout_percent = models.PositiveSmallIntegerField(_("holdout"), default=0)
    content_version = models.PositiveIntegerField(default=1)
    scheduled_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    audience_rule = models.JSONField(null=True)
    audience_position = models.BigIntegerField(default=0)
    audience_done_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    hold_reason = models.CharField(max_length=200, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "-created_at", "-id"], name="campaign_newest"),
            models.Index(fields=["scheduled_at"], condition=Q(state="scheduled"), name="campaign_due"),
            models.Index(fields=["started_at"], condition=Q(state="sending"), name="campaign_running"),
        ]

    def __str__(self) -> str:
        return self.name


class CampaignContent(TenantModel):
    """The words of a campaign in one language and variant. ``blocks`` as ``campaigns.content.blocks``."""

    campaign = TenantForeignKey(Campaign, models.CASCADE, related_name="contents")
    language = models.CharField(max_length=10)
    variant = models.CharField(max_length=1, default="A")
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    preheader = models.CharField(_("preview text"), max_length=200, blank=True)
    blocks = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "campaign", "language", "variant"], name="content_once")
        ]


class Link(TenantModel):
    """One address a campaign links to. Clicks come to ``/p/c/`` or ``/p/l/`` and are sent on here."""

    campaign = TenantForeignKey(Campaign, models.CASCADE, related_name="links")
    position = models.PositiveSmallIntegerField()
    url = models.TextField()
    label = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "campaign", "position"], name="link_position")]
