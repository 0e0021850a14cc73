"""The one history. Tables are hand-written SQL (contacts/sql/history.sql): partitioned by month."""

from __future__ import annotations

from django.db import models

from ecrm.tenancy.scoping import TenantModel


class Event(TenantModel):
    """Something that happened between a tenant and a person. Written only by ``events.record``.

    Facts are immutable by grant; ``contact_id`` and erasure's blanking change only through
    definer functions. Nothing references an event by foreign key. ``amount`` is in minor units
    of ``currency``. ``object_type``/``object_id`` is what it happened to, ``source`` where the
    news came from, ``actor_id`` the member of staff who did it, if one did. ``merged_from_id`` is
    whose it was before a merge.
    """

    id = models.BigAutoField(primary_key=True)
    contact_id = models.BigIntegerField(null=True)
    visitor_id = models.BigIntegerField(null=True)
    merged_from_id = models.BigIntegerField(null=True)
    name = models.CharField(max_length=60)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    source_type = models.CharField(max_length=40, default="")
    source_id = models.BigIntegerField(null=True)
    actor_id = models.BigIntegerField(null=True)
    amount = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, default="")
    campaign_id = models.BigIntegerField(null=True)
    object_type = models.CharField(max_length=40, default="")
    object_id = models.BigIntegerField(null=True)
    properties = models.JSONField(default=dict)

    class Meta:
        managed = False
        db_table = "contacts_event"


class EventKey(TenantModel):
    """Which outside events have been recorded already: unique on (tenant, source, key)."""

    source = models.CharField(max_length=40)
    key = models.CharField(max_length=200)
    occurred_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "source", "key"], name="event_key_once")]
