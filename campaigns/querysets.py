"""Reads of campaigns that more than one page needs."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet, Sum

from campaigns.models import Campaign, Chunk
from campaigns.models.campaign import State

GROUPS: dict[str, frozenset[str]] = {
    "drafts": frozenset({State.DRAFT}),
    "running": frozenset({State.SCHEDULED, State.SENDING, State.PAUSED}),
    "done": frozenset({State.SENT, State.CANCELLED}),
}


def listed(group: str = "") -> QuerySet[Campaign]:
    """Newest first by ``created_at``. ``group`` is a key of ``GROUPS``; any other means all."""
    found = Campaign.objects.select_related("segment", "purpose")
    return found.filter(state__in=GROUPS[group]) if group in GROUPS else found


def sent_counts(campaign_ids: Iterable[int]) -> dict[int, int]:
    """Messages handed over, by campaign. Counts chunks, a row for a thousand people."""
    chunks = Chunk.objects.filter(campaign__in=list(campaign_ids))
    return dict(chunks.order_by().values_list("campaign_id").annotate(total=Sum("sent")))
