"""The people behind a report's numbers."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from campaigns.models import Campaign, Exclusion, Outcome, OutcomeKind
from contacts.models import Contact

KINDS = (
    OutcomeKind.FAILED,
    OutcomeKind.UNKNOWN,
    OutcomeKind.DEFERRED,
    OutcomeKind.SKIPPED,
    OutcomeKind.BOUNCED,
    OutcomeKind.COMPLAINED,
)


def kind_named(name: str) -> OutcomeKind:
    return next((kind for kind in KINDS if kind.value == name), OutcomeKind.FAILED)


def by_last_outcome(campaign: Campaign, kind: OutcomeKind) -> QuerySet[Outcome]:
    """The newest outcome of each delivery, where it is of this kind, with the delivery and its person."""
    later = Outcome.objects.filter(delivery=OuterRef("delivery"), pk__gt=OuterRef("pk"))
    found = Outcome.objects.filter(~Exists(later), campaign=campaign, kind=kind)
    return found.select_related("delivery__contact")


def left_out(campaign: Campaign, reason: str) -> QuerySet[Contact]:
    """Who was not in the audience for this reason, or was skipped for it at the last moment."""
    excluded = Exclusion.objects.filter(campaign=campaign, reason=reason).values("contact")
    skipped = Outcome.objects.filter(campaign=campaign, kind=OutcomeKind.SKIPPED, reason=reason)
    return Contact.objects.filter(Q(pk__in=excluded) | Q(pk__in=skipped.values("delivery__contact")))
