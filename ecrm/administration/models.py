"""Who of the installation's staff went into a tenant, and what they did outside of all tenants."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ecrm.tenancy.scoping import TenantModel


class SupportVisit(TenantModel):
    """Platform staff inside a tenant, for a reason and a limited time. The tenant's own row.

    Over when ``ended_at`` is set or ``expires_at`` has passed, whichever comes first.
    ``ended_by_id`` is who ended it: the visitor, or a member who showed them out. No foreign keys
    to users: like the audit, it outlives them.
    """

    visitor_id = models.BigIntegerField(_("visitor"))
    reason = models.CharField(_("reason"), max_length=300)
    started_at = models.DateTimeField(_("from"), default=timezone.now)
    expires_at = models.DateTimeField(_("until"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    ended_by_id = models.BigIntegerField(null=True, blank=True)

    class Meta:
        verbose_name = _("support visit")
        verbose_name_plural = _("support visits")
        indexes = [
            models.Index(fields=["tenant", "-started_at", "-id"], name="visit_newest"),
            models.Index(fields=["tenant", "visitor_id"], condition=Q(ended_at=None), name="visit_open"),
        ]

    def __str__(self) -> str:
        return self.reason

    @property
    def is_open(self) -> bool:
        return self.ended_at is None and self.expires_at > timezone.now()


class PlatformEntry(models.Model):
    """The audit of the platform: what staff did to tenants and users. Append-only by grant.

    As in the tenants' audit: ids and field names, never values, no foreign keys. ``concerned_id`` is
    the tenant it concerned, if one.
    """

    at = models.DateTimeField(_("at"), default=timezone.now)
    actor_id = models.BigIntegerField(_("actor"))
    action = models.CharField(_("action"), max_length=60)
    subject_type = models.CharField(_("kind"), max_length=60, blank=True)
    subject_id = models.BigIntegerField(_("id"), null=True)
    concerned_id = models.BigIntegerField(_("tenant"), null=True)
    fields = ArrayField(models.CharField(max_length=60), verbose_name=_("fields"), default=list)
    reason = models.CharField(_("reason"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("platform audit entry")
        verbose_name_plural = _("platform audit")
        indexes = [
            models.Index(fields=["-at", "-id"], name="platform_newest"),
            models.Index(fields=["subject_type", "subject_id", "-at"], name="platform_subject"),
        ]

    def __str__(self) -> str:
        return self.action
