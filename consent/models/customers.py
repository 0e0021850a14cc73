"""What a workspace decides about customers of a country, against what is known here of its law."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from ecrm.tenancy.scoping import TenantModel


class CustomerRule(TenantModel):
    """Whether customers of a country may be written to without having asked, as this workspace has it.

    ``law`` is the article it rests on, ``months`` how long after the last sale it holds (None: no limit),
    ``reason`` why it differs from ``consent.customer_laws``. One of a country; audit keeps the former.
    """

    country = models.CharField(max_length=2)
    is_allowed = models.BooleanField()
    months = models.PositiveSmallIntegerField(null=True, blank=True)
    law = models.CharField(max_length=200)
    reason = models.CharField(max_length=200)
    set_at = models.DateTimeField(default=timezone.now)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "country"], name="customer_rule_once")]

    def __str__(self) -> str:
        return self.country
