"""Work behind the page: the outbox that never forgets, and the jobs people wait for."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ecrm.files.models import File
from ecrm.tenancy.scoping import TenantForeignKey, TenantModel


class OutboxEntry(TenantModel):
    """One call of one task, written in the transaction that wanted it.

    Deleted when done. ``leased_until`` says a worker is on it; ``attempts`` counts claims.
    """

    task = models.CharField(max_length=80)
    queue = models.CharField(max_length=20)
    arguments = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)
    leased_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    failed_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["due_at"], condition=models.Q(failed_at=None), name="outbox_due")]


class Job(TenantModel):
    """Work a person waits for. Counts are rows; ``total`` 0 means not counted yet.

    ``call`` is what a person may start anew after it failed: {"task": …, "arguments": {…}}.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    kind = models.CharField(max_length=60)
    title = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    url = models.CharField(max_length=500, blank=True)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    file = TenantForeignKey(File, models.SET_NULL, null=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    cancel_requested_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)
    call = models.JSONField(null=True)

    class Meta:
        indexes = [models.Index(fields=["tenant", "-created_at", "-id"], name="job_newest")]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        return self.state in (self.State.WAITING, self.State.RUNNING)

    @property
    def can_retry(self) -> bool:
        return self.call is not None and self.state in (self.State.FAILED, self.State.CANCELLED)

    @property
    def percent(self) -> int | None:
        """0 to 100, None while the work is not counted yet."""
        return min(100, 100 * (self.done + self.failed) // self.total) if self.total else None
