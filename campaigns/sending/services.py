"""The verbs of a send, for pages and tasks. The engine behind them is ``engine.work``."""

from __future__ import annotations

from datetime import datetime

import structlog
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.content.plan import Preview
from campaigns.models import Campaign
from campaigns.models.campaign import State
from campaigns.sending import hints, states, throttles
from campaigns.sending.audience import Rehearsal, rehearse
from campaigns.sending.progress import Progress, ReasonCount, progress, reasons
from campaigns.sending.proofs import preview, send_test
from campaigns.sending.readiness import ContentProblem, NotReady, make_ready
from ecrm.audit import services as audit
from ecrm.tenancy.models import User

__all__ = [
    "ContentProblem",
    "NotReady",
    "Preview",
    "Progress",
    "ReasonCount",
    "Rehearsal",
    "cancel",
    "make_ready",
    "pause",
    "preview",
    "progress",
    "reasons",
    "rehearse",
    "resume",
    "schedule",
    "send_test",
    "start",
    "unschedule",
]
log = structlog.get_logger(__name__)


@transaction.atomic
def start(campaign: Campaign, *, by: User | None, at: datetime | None = None) -> bool:
    """Freezes what the campaign stands for and lets the engine begin. False on a second click.

    Raises ``NotReady`` (a ``ValidationError``) with everything that has to be put right first.
    """
    make_ready(campaign)
    assert campaign.segment is not None
    assert campaign.identity is not None
    started = states.move(
        campaign.pk,
        to=State.SENDING,
        sources={State.DRAFT, State.SCHEDULED},
        started_at=at or timezone.now(),
        started_by=by,
        audience_rule=campaign.segment.rule,
        hold_reason="",
    )
    if started:
        throttles.follow_identity(campaign.identity)
        audit.record("campaign.started", by=by, subject=campaign, at=at)
        hints.materialise(campaign.pk)
    return started


@transaction.atomic
def schedule(campaign: Campaign, *, by: User, when: datetime) -> bool:
    """Starts it at ``when`` (the moment is checked to the tick, about five seconds)."""
    if when <= timezone.now():
        raise ValidationError({"scheduled_at": _("Choose a time in the future.")})
    make_ready(campaign)
    scheduled = states.move(
        campaign.pk, to=State.SCHEDULED, sources={State.DRAFT}, scheduled_at=when, started_by=by, hold_reason=""
    )
    if scheduled:
        audit.record("campaign.scheduled", by=by, subject=campaign)
    return scheduled


@transaction.atomic
def unschedule(campaign: Campaign, *, by: User) -> bool:
    """A scheduled campaign becomes a draft again."""
    moved = states.move(campaign.pk, to=State.DRAFT, scheduled_at=None)
    if moved:
        audit.record("campaign.unscheduled", by=by, subject=campaign)
    return moved


def start_scheduled(campaign_id: int) -> bool:
    """Starts a campaign whose time has come; one that is no longer ready becomes a draft that says why."""
    due = Campaign.objects.select_related("segment", "purpose", "identity", "started_by").filter(
        pk=campaign_id, state=State.SCHEDULED, scheduled_at__lte=timezone.now()
    )
    campaign = due.first()
    if campaign is None:
        return False
    try:
        return start(campaign, by=campaign.started_by)
    except NotReady as error:
        log.warning("scheduled_campaign_not_ready", campaign=campaign_id)
        states.move(campaign_id, to=State.DRAFT, scheduled_at=None, hold_reason=" ".join(error.messages)[:200])
        return False


@transaction.atomic
def pause(campaign: Campaign, *, by: User) -> bool:
    """Nothing is begun any more; what is on its way (a quarter of a second's worth) still arrives."""
    paused = states.move(campaign.pk, to=State.PAUSED)
    if paused:
        audit.record("campaign.paused", by=by, subject=campaign)
    return paused


@transaction.atomic
def resume(campaign: Campaign, *, by: User) -> bool:
    resumed = states.move(campaign.pk, to=State.SENDING, sources={State.PAUSED}, hold_reason="")
    if resumed:
        audit.record("campaign.resumed", by=by, subject=campaign)
        hints.materialise(campaign.pk)
        hints.work(campaign.pk, workers=hints.MOST_WORKERS)
    return resumed


@transaction.atomic
def cancel(campaign: Campaign, *, by: User) -> bool:
    """For good. What was sent stays sent and counted."""
    cancelled = states.move(campaign.pk, to=State.CANCELLED, finished_at=timezone.now())
    if cancelled:
        audit.record("campaign.cancelled", by=by, subject=campaign)
    return cancelled
