"""Moving a campaign from one state to another: once, whoever else clicks at the same time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import structlog
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from campaigns import notices
from campaigns.models import Campaign, Chunk
from campaigns.models.campaign import TRANSITIONS, State
from ecrm.audit import services as audit
from ecrm.tenancy.context import tenant_transaction

log = structlog.get_logger(__name__)


def sources_of(target: State) -> set[State]:
    """The states that lead to ``target``."""
    return {source for source, targets in TRANSITIONS.items() if target in targets}


def move(campaign_id: int, *, to: State, sources: Iterable[State] | None = None, **changes: Any) -> bool:
    """A conditional UPDATE: False when the campaign is in no state that leads there.

    ``sources`` narrows them (resuming is not starting); it can never widen them.
    """
    allowed = sources_of(to) & set(sources_of(to) if sources is None else sources)
    moved = Campaign.objects.filter(pk=campaign_id, state__in=allowed).update(state=to, updated_at=Now(), **changes)
    return bool(moved)


def hold(campaign_id: int, reason: str) -> bool:
    """A pause nobody asked for: the reason is shown to people, who resume when it is mended."""
    log.error("campaign_held", campaign=campaign_id, reason=reason)
    with tenant_transaction():
        is_held = move(campaign_id, to=State.PAUSED, sources={State.SENDING}, hold_reason=reason[:200])
        if is_held:
            notices.held(Campaign.objects.get(pk=campaign_id))
    return is_held


def finish(campaign_id: int) -> bool:
    """Sending becomes sent once everybody is decided and no chunk is open. Idempotent."""
    open_chunks = Chunk.objects.filter(campaign=OuterRef("pk"), done_at=None)
    with tenant_transaction():
        finished = Campaign.objects.filter(
            ~Exists(open_chunks), pk=campaign_id, state=State.SENDING, audience_done_at__isnull=False
        ).update(state=State.SENT, finished_at=Now(), updated_at=Now())
        if finished:
            campaign = Campaign.objects.get(pk=campaign_id)
            audit.record("campaign.sent", by=None, subject=campaign)
            notices.finished(campaign)
    return bool(finished)
