from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from cases.models.case import Case
from cases.models.conversation import CaseMessage
from ecrm.tenancy.scoping import TenantForeignKey, TenantModel


class CaseMerge(TenantModel):
    """Two cases became one: ``merged`` is closed, its messages stand in ``kept``.

    The ``former`` columns are what an undo gives back to ``merged``, ``kept_state`` and
    ``kept_waiting_since`` to ``kept`` if nobody has moved it on since.
    """

    kept = TenantForeignKey(Case, models.CASCADE, related_name="merges", db_index=False)
    merged = TenantForeignKey(Case, models.CASCADE, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    undone_at = models.DateTimeField(null=True)
    former_state = models.CharField(max_length=12)
    former_solved_at = models.DateTimeField(null=True)
    former_waiting_since = models.DateTimeField(null=True)
    former_snoozed_until = models.DateTimeField(null=True)
    kept_state = models.CharField(max_length=12)
    kept_waiting_since = models.DateTimeField(null=True)
    kept_first_reply_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["tenant", "kept", "-at"], name="case_merge_kept")]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "merged"], condition=Q(undone_at=None), name="case_merged_once"),
            models.CheckConstraint(condition=~Q(kept=models.F("merged")), name="case_merge_of_two"),
        ]


class MovedMessage(TenantModel):
    """A message that went over with a merge, so that an undo knows which to take back."""

    merge = TenantForeignKey(CaseMerge, models.CASCADE, related_name="moved", db_index=False)
    message = TenantForeignKey(CaseMessage, models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "merge", "message"], name="moved_message_once")]
