"""How one mail travels, as the row of a room's own table."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ecrm.tenancy.scoping import TenantModel


class HandoverState(models.TextChoices):
    WAITING = "waiting", _("Waiting to be sent")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Not sent")
    UNKNOWN = "unknown", _("Not known whether it was sent")


class PostedMail(TenantModel):
    """Intended before it is handed over, settled afterwards.

    Between the two nobody knows what became of it, so it is asked for, not sent again. A subclass
    names what travels by a reference, unique per tenant (``Desk.subject``).
    """

    # A claim moves WAITING to SENDING; only its attempt may settle it.
    TRANSITIONS: ClassVar[dict[HandoverState, set[HandoverState]]] = {
        HandoverState.WAITING: {HandoverState.SENDING, HandoverState.FAILED},
        HandoverState.SENDING: {
            HandoverState.SENT, HandoverState.WAITING, HandoverState.FAILED, HandoverState.UNKNOWN,
        },
        HandoverState.SENT: {HandoverState.FAILED},
        HandoverState.FAILED: {HandoverState.WAITING},
        HandoverState.UNKNOWN: {HandoverState.WAITING, HandoverState.SENT},
    }  # fmt: skip

    recipient = models.CharField(max_length=254)
    state = models.CharField(max_length=8, choices=HandoverState.choices, default=HandoverState.WAITING)
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    intended_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    reply_code = models.PositiveSmallIntegerField(null=True)
    reply_text = models.CharField(max_length=300, blank=True)

    class Meta(TenantModel.Meta):
        abstract = True


def wait_again(rows: models.QuerySet[Any]) -> bool:
    """A person's decision about a mail that failed, or whose fate nobody knows. Keeps its Message-ID."""
    undecided = rows.filter(state__in=(HandoverState.FAILED, HandoverState.UNKNOWN))
    return bool(
        undecided.update(state=HandoverState.WAITING, due_at=timezone.now(), attempts=0, settled_at=None, reply_text="")
    )
