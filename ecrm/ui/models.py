"""How one tenant's shell looks: what the rail leaves out, what the set-up list leaves out."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from ecrm.tenancy.settings_rows import TenantSettings


class ShellSettings(TenantSettings):
    """Keys of ``nav`` entries and of ``checklist`` steps. Hidden places stay where they are: the
    rail alone leaves them out.
    """

    hidden_places = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    skipped_steps = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    checklist_hidden_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"Shell of tenant {self.tenant_id}"
