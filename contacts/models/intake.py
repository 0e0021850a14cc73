from __future__ import annotations

from django.db import models
from django.utils import timezone

from ecrm.tenancy.scoping import TenantModel


class RefusedEvent(TenantModel):
    """Something other systems reported that could not be written, and why. Kept for a month.

    ``source`` is the kind of parcel it came in, ``content`` what it said, shortened where it is long.
    """

    source = models.CharField(max_length=40)
    reason = models.CharField(max_length=300)
    content = models.JSONField(default=dict)
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["tenant", "-received_at", "-id"], name="refused_event_newest")]
