"""What members are told, and how each of them wants to be told."""

from __future__ import annotations

from datetime import time

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ecrm.notices import kinds
from ecrm.tenancy.scoping import TenantModel


class Notification(TenantModel):
    """One thing one member is told. ``url`` is a path inside the tenant, without its slug.

    An unread one of the same ``key`` takes the next one in: ``times`` counts. ``contact_id`` is
    whom the facts speak of, so that erasing the person blanks them; no foreign key, since the
    contacts live in a room above.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=60)
    key = models.CharField(max_length=120, blank=True)
    url = models.CharField(max_length=300)
    facts = models.JSONField(default=dict)
    contact_id = models.BigIntegerField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    times = models.PositiveIntegerField(default=1)
    is_shown = models.BooleanField(default=True)
    is_mail_wanted = models.BooleanField(default=False)
    read_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "user", "-at", "-id"], name="notification_newest"),
            models.Index(
                fields=["tenant", "user"], condition=models.Q(read_at=None, is_shown=True), name="notification_unread"
            ),
            models.Index(
                fields=["tenant", "contact_id"],
                condition=models.Q(contact_id__isnull=False),
                name="notification_contact",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "user", "key"],
                condition=models.Q(read_at=None) & ~models.Q(key=""),
                name="notification_folds",
            )
        ]

    def __str__(self) -> str:
        return self.sentence

    @property
    def kind_of(self) -> kinds.NoticeKind | None:
        return kinds.of(self.kind)

    @property
    def sentence(self) -> str:
        """In the active language; the kind's name when its room is gone."""
        kind = self.kind_of
        return kind.sentence(self) if kind else self.kind

    @property
    def note(self) -> str:
        kind = self.kind_of
        return kind.note(self) if kind else ""

    @property
    def repeats(self) -> int:
        """How often it was told, where the sentence does not say so itself; else 1."""
        kind = self.kind_of
        return 1 if kind and kind.is_counting else self.times

    @property
    def icon(self) -> str:
        kind = self.kind_of
        return kind.icon if kind else "bell"


class MailChoice(models.TextChoices):
    NEVER = "never", _("No mail")
    DIGEST = "digest", _("In the digest")
    NOW = "now", _("At once")


class NoticeChoice(TenantModel):
    """How one member wants to be told of one kind; without a row the kind's own default counts."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=60)
    is_shown = models.BooleanField(default=True)
    mail = models.CharField(max_length=10, choices=MailChoice.choices)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "user", "kind"], name="notice_choice_once")]

    def __str__(self) -> str:
        return f"{self.kind}: {self.mail}"


class DigestRhythm(models.TextChoices):
    HOURLY = "hourly", _("Every hour")
    DAILY = "daily", _("Every morning")


class NoticeHabits(TenantModel):
    """When one member may be mailed. Hours are the reader's own; equal ends mean no quiet hours.

    ``mail_due_at`` is the moment of the mail that waits in the outbox, None when none does.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    rhythm = models.CharField(_("digest"), max_length=10, choices=DigestRhythm.choices, default=DigestRhythm.DAILY)
    digest_at = models.TimeField(_("time of the digest"), default=time(8))
    quiet_from = models.TimeField(_("quiet from"), default=time(20))
    quiet_until = models.TimeField(_("quiet until"), default=time(7))
    mail_due_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "user"], name="notice_habits_once")]

    def __str__(self) -> str:
        return f"{self.rhythm}, quiet {self.quiet_from:%H:%M} to {self.quiet_until:%H:%M}"
