from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.models.people import Contact
from ecrm.tenancy.scoping import TenantForeignKey, TenantModel


class Segment(TenantModel):
    """People picked by a rule (``contacts.segments.tree`` gives its shape).

    ``rule_version`` grows with each change of the rule; ``calculated_version`` is the one the
    memberships stand for. ``calculated_at`` is the instant up to which the clock has been followed,
    ``next_boundary_at`` when it moves somebody next, ``reconciled_at`` the last time everybody was
    looked at. ``broken_reason`` says why the last good membership is kept.
    """

    name = models.CharField(_("name"), max_length=120)
    description = models.CharField(_("description"), max_length=300, blank=True)
    rule = models.JSONField(default=dict)
    rule_version = models.PositiveIntegerField(default=1)
    calculated_version = models.PositiveIntegerField(default=0)
    calculated_at = models.DateTimeField(null=True)
    next_boundary_at = models.DateTimeField(null=True)
    reconciled_at = models.DateTimeField(null=True)
    member_count = models.PositiveIntegerField(default=0)
    broken_reason = models.CharField(max_length=300, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], condition=Q(archived_at=None), name="segment_name")
        ]

    def __str__(self) -> str:
        return self.name


class SegmentMembership(TenantModel):
    """One stay of one person in one segment: from ``entered_at`` until ``left_at``."""

    # The indexes below serve both references; two more would only slow the writing of large segments.
    segment = TenantForeignKey(Segment, models.CASCADE, db_index=False)
    contact = TenantForeignKey(Contact, models.CASCADE, db_index=False)
    entered_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "segment", "contact"], condition=Q(left_at=None), name="membership_open"
            )
        ]
        indexes = [
            models.Index(fields=["tenant", "contact", "segment"], name="membership_contact"),
            models.Index(fields=["tenant", "segment", "-entered_at", "-id"], name="membership_newest"),
            models.Index(fields=["tenant", "segment", "left_at"], name="membership_left"),
        ]


class DirtyContact(TenantModel):
    """People something happened to since their segments were last looked at. A queue without order."""

    contact_id = models.BigIntegerField()
    marked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["tenant", "id"], name="dirty_contact_order")]
