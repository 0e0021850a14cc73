from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaign import Campaign, Link
from campaigns.models.delivery import Delivery
from ecrm.tenancy.scoping import TenantForeignKey, TenantModel


class Hit(TenantModel):
    """One raw request of a link or pixel, judged later. Only the verdict ever changes (by grant).

    ``delivery`` is known only of people who allow tracking; of everybody else a click counts for the
    campaign and nobody. ``ip_hash`` is keyed, of the tenant and the day, never the address.
    """

    class Kind(models.TextChoices):
        OPEN = "open", _("Open")
        CLICK = "click", _("Click")

    class Verdict(models.TextChoices):
        HUMAN = "human", _("Human")
        PREFETCH = "prefetch", _("Mail proxy")
        SCANNER = "scanner", _("Security scanner")
        UNKNOWN = "unknown", _("Not sure")

    campaign = TenantForeignKey(Campaign, models.CASCADE, db_index=False)
    delivery = TenantForeignKey(Delivery, models.CASCADE, null=True, db_index=False)
    kind = models.CharField(max_length=5, choices=Kind.choices)
    link = TenantForeignKey(Link, models.SET_NULL, null=True)
    user_agent = models.CharField(max_length=300, blank=True)
    ip_hash = models.BinaryField(max_length=32)
    at = models.DateTimeField(default=timezone.now)
    verdict = models.CharField(max_length=10, choices=Verdict.choices, blank=True)
    verdict_reason = models.CharField(max_length=40, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "delivery", "at"], name="hit_delivery"),
            models.Index(fields=["tenant", "ip_hash", "at"], name="hit_from"),
            models.Index(fields=["tenant", "campaign", "kind"], name="hit_campaign"),
            models.Index(fields=["tenant", "id"], condition=models.Q(verdict=""), name="hit_unjudged"),
        ]
