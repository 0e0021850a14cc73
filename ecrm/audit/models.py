"""What staff did, saw and exported: ids and field names, never values."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from ecrm.tenancy.scoping import TenantModel


class AuditEntry(TenantModel):
    """Append-only by grant. No foreign keys to its subjects: it outlives them.

    ``visit_id`` is the support visit (``ecrm.administration``) it happened in, if it did in one;
    ``token_id`` the API token (``ecrm.api``) the actor's program showed.
    """

    at = models.DateTimeField(default=timezone.now)
    actor_id = models.BigIntegerField(null=True)
    action = models.CharField(max_length=60)
    subject_type = models.CharField(max_length=60, blank=True)
    subject_id = models.BigIntegerField(null=True)
    fields = ArrayField(models.CharField(max_length=60), default=list)
    count = models.PositiveIntegerField(null=True)
    reason = models.CharField(max_length=300, blank=True)
    visit_id = models.BigIntegerField(null=True)
    token_id = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "-at", "-id"], name="audit_newest"),
            models.Index(fields=["tenant", "actor_id", "-at", "-id"], name="audit_of_person"),
            models.Index(fields=["tenant", "action", "-at", "-id"], name="audit_of_action"),
            models.Index(fields=["tenant", "subject_type", "subject_id", "-at", "-id"], name="audit_of_subject"),
        ]
