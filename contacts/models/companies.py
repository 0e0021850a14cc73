from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ecrm.tenancy.scoping import TenantModel


class Company(TenantModel):
    """An organisation people work for. ``name_norm`` is folded for equality and sorting."""

    name = models.CharField(_("name"), max_length=200)
    name_norm = models.CharField(max_length=200, editable=False)
    domain = models.CharField(_("web domain"), max_length=253, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    binned_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "name_norm"], condition=models.Q(binned_at=None), name="company_name"
            )
        ]

    def __str__(self) -> str:
        return self.name
