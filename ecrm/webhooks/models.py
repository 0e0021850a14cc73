"""What other systems tell us: where they may, and every request as it came."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ecrm.files.models import File
from ecrm.tenancy.scoping import TenantForeignKey, TenantModel


class WebhookEndpoint(TenantModel):
    """An address given to one provider: ``/p/hooks/<provider>/<secret>``. Only the secret's hash is kept.

    ``signing_key`` (encrypted) checks the provider's signature, where it signs.
    """

    provider = models.CharField(_("provider"), max_length=20)
    secret_hash = models.BinaryField(max_length=32)
    signing_key = models.TextField(blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "secret_hash"], name="endpoint_secret")]

    def __str__(self) -> str:
        return self.provider


class WebhookReceipt(TenantModel):
    """One request, stored raw before it was acknowledged. ``key``: SHA-256 of its content, told once."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    endpoint = TenantForeignKey(WebhookEndpoint, models.PROTECT)
    key = models.CharField(max_length=64)
    file = TenantForeignKey(File, models.PROTECT)
    content_type = models.CharField(max_length=200, blank=True)
    headers = models.JSONField(default=dict)
    query = models.CharField(max_length=500, blank=True)
    received_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    verdict = models.CharField(max_length=60, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "endpoint", "key"], name="receipt_once")]
        indexes = [models.Index(fields=["tenant", "id"], condition=models.Q(state="failed"), name="receipt_failed")]
