from __future__ import annotations

from django.conf import settings
from django.db import models

from cases.models.case import Case
from ecrm.tenancy.scoping import TenantForeignKey, TenantModel


class CaseReader(TenantModel):
    """Up to which instant a member has read a case."""

    case = TenantForeignKey(Case, models.CASCADE, related_name="readers", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    read_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "case", "user"], name="case_reader_once")]


class CaseDraft(TenantModel):
    """What a member has begun to write: one per case, gone once it is said."""

    case = TenantForeignKey(Case, models.CASCADE, related_name="drafts", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    text = models.TextField()
    is_note = models.BooleanField(default=False)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "case", "user"], name="case_draft_once")]
