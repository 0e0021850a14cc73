"""What somebody says a person agreed to, short of evidence; and whom to ask when we next speak."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from consent.models.ledger import Purpose
from contacts.models import Contact
from ecrm.tenancy.scoping import TenantForeignKey, TenantModel


class ConsentClaim(TenantModel):
    """A yes that came without its day or its origin: kept, and never enough to write to anybody.

    ``dated`` and ``origin`` are as far as the file knew them; ``file_name``, ``file_sha256`` and
    ``line`` say where it stands, ``run_id`` in which import. Open until ``settled_at``.
    """

    contact = TenantForeignKey(Contact, models.CASCADE, db_index=False)
    purpose = TenantForeignKey(Purpose, models.PROTECT, db_index=False)
    dated = models.DateTimeField(null=True)
    origin = models.CharField(max_length=200, blank=True)
    file_name = models.CharField(max_length=255, blank=True)
    file_sha256 = models.CharField(max_length=64, blank=True)
    line = models.PositiveIntegerField(default=0)
    run_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "contact", "purpose"], condition=Q(settled_at=None), name="consent_claim_open"
            )
        ]
        indexes = [models.Index(fields=["tenant", "run_id"], name="consent_claim_run")]


class ConsentAsk(TenantModel):
    """Somebody is to be asked when we next speak with them; an answer since then settles it."""

    contact = TenantForeignKey(Contact, models.CASCADE, db_index=False)
    purpose = TenantForeignKey(Purpose, models.PROTECT, db_index=False)
    marked_at = models.DateTimeField(default=timezone.now)
    marked_by_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "contact", "purpose"], name="consent_ask_once"),
        ]
