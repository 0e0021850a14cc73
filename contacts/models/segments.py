from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.models.people import Contact
from ecrm.tenancy.scoping import TenantField, TenantForeignKey, TenantModel


class SegmentKind(models.TextChoices):
    RULE = "rule", _("By rule")
    STATIC = "static", _("By hand")


class Cause(models.IntegerChoices):
    """Why somebody entered or left. ``CHANGE`` and ``CLOCK`` come with the place of the condition that moved."""

    START = 1, _("The segment was made")
    RULE = 2, _("Its rule was changed")
    CHANGE = 3, _("Something changed about the person")
    CLOCK = 4, _("Time passed")
    HAND = 5, _("By hand")
    IMPORT = 6, _("By an import")
    COPY = 7, _("Copied from another segment")
    BIN = 8, _("Put in the bin or taken out")


class Segment(TenantModel):
    """People picked by a rule (``contacts.segments.tree`` gives its shape).

    The rule of a static segment is one condition: whom somebody put on its list (``SegmentPick``).
    ``rule_version`` grows with each change of the rule; ``calculated_version`` is the one the
    memberships stand for. ``calculated_at`` is the instant up to which the clock has been followed,
    ``next_boundary_at`` when it moves somebody next, ``reconciled_at`` the last time everybody was
    looked at. ``broken_reason`` says why the last good membership is kept.
    """

    name = models.CharField(_("name"), max_length=120)
    description = models.CharField(_("description"), max_length=300, blank=True)
    kind = models.CharField(max_length=6, choices=SegmentKind.choices, default=SegmentKind.RULE)
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


class SegmentRule(TenantModel):
    """What a segment's rule was, version by version. ``calculated_at``: since when memberships follow it."""

    segment = TenantForeignKey(Segment, models.CASCADE, related_name="versions", db_index=False)
    version = models.PositiveIntegerField()
    rule = models.JSONField()
    saved_at = models.DateTimeField(default=timezone.now)
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    calculated_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "segment", "version"], name="segment_rule_version"),
        ]


class SegmentPick(TenantModel):
    """Somebody on the list of a static segment: who put them there, when, and how (``Cause``)."""

    segment = TenantForeignKey(Segment, models.CASCADE, related_name="picks", db_index=False)
    contact = TenantForeignKey(Contact, models.CASCADE, related_name="+", db_index=False)
    cause = models.PositiveSmallIntegerField(choices=Cause.choices, default=Cause.HAND)
    picked_at = models.DateTimeField(default=timezone.now)
    picked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "segment", "contact"], name="segment_pick_once"),
        ]
        indexes = [models.Index(fields=["tenant", "contact"], name="segment_pick_contact")]


class SegmentMembership(TenantModel):
    """One stay of one person in one segment: from ``entered_at`` until ``left_at``.

    ``entered_place`` and ``left_place`` name the condition that moved the person ("2.0"), in the version
    of the rule of that hour (``SegmentRule``), or the event that did; null where neither is known.
    """

    # The indexes below serve both references; two more would only slow the writing of large segments.
    segment = TenantForeignKey(Segment, models.CASCADE, db_index=False)
    contact = TenantForeignKey(Contact, models.CASCADE, db_index=False)
    entered_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)
    # Null costs nothing in a row: large segments are written at once and mostly stay so.
    entered_cause = models.PositiveSmallIntegerField(choices=Cause.choices, null=True)
    entered_place = models.CharField(max_length=60, null=True)
    left_cause = models.PositiveSmallIntegerField(choices=Cause.choices, null=True)
    left_place = models.CharField(max_length=60, null=True)

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
    """People something happened to since their segments were last looked at. A queue without order.

    ``reason`` says what, in words without spaces, separated by spaces (``contacts.dirty``).
    """

    tenant = TenantField(db_constraint=False)
    contact_id = models.BigIntegerField()
    reason = models.CharField(max_length=200, default="")
    marked_at = models.DateTimeField(default=timezone.now)
