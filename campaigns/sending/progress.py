"""How far a send is, and who was left out of it. Cheap enough to ask every second."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce, Now
from django.utils.functional import Promise

from campaigns import exclusions
from campaigns.models import COUNTED, Campaign, Chunk, Exclusion, Outcome, OutcomeKind


@dataclass(frozen=True, slots=True)
class Progress:
    """Numbers of people. ``waiting`` have not been tried yet, ``deferred`` will be tried again,
    ``unknown`` may or may not have it. ``rate`` is messages a second just now. While ``is_counting``,
    the audience is still being decided and ``total`` grows.
    """

    total: int
    sent: int
    deferred: int
    failed: int
    unknown: int
    skipped: int
    rate: float
    is_counting: bool

    @property
    def waiting(self) -> int:
        return self.total - self.sent - self.deferred - self.failed - self.unknown - self.skipped

    @property
    def settled(self) -> int:
        return self.total - self.waiting - self.deferred


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """``reason`` is a key of ``campaigns.exclusions``, ``label`` its words."""

    reason: str
    label: str | Promise
    count: int


def progress(campaign: Campaign) -> Progress:
    """One query over the campaign's chunks (one row for a thousand people)."""
    counts = {kind: Coalesce(Sum(kind), 0) for kind in COUNTED}
    found = Chunk.objects.filter(campaign=campaign).aggregate(
        total=Coalesce(Sum("size"), 0),
        rate=Coalesce(Sum("rate", filter=Q(leased_until__gt=Now())), 0.0),
        **counts,
    )
    return Progress(**found, is_counting=campaign.started_at is not None and campaign.audience_done_at is None)


def reasons(campaign: Campaign) -> list[ReasonCount]:
    """Why people of the segment got nothing: left out of the audience, or skipped at the last moment.
    Most people first."""
    left_out = Exclusion.objects.filter(campaign=campaign).values_list("reason").annotate(count=Count("pk"))
    skipped = (
        Outcome.objects.filter(campaign=campaign, kind=OutcomeKind.SKIPPED)
        .values_list("reason")
        .annotate(count=Count("pk"))
    )
    counts: dict[str, int] = {}
    for reason, count in [*left_out, *skipped]:
        counts[reason] = counts.get(reason, 0) + count
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [ReasonCount(reason, exclusions.label(reason), count) for reason, count in ordered]
