"""What a campaign came to, in people. Machines are counted apart and never mixed in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import BinaryField, Count, Exists, Func, OuterRef, Q, QuerySet, Sum

from campaigns.engagement.kinds import REPLIED, UNSUBSCRIBED
from campaigns.models import Campaign, Chunk, Delivery, Hit, Link, Outcome, OutcomeKind
from consent import purposes, rules
from contacts.models import Event

_V = Hit.Verdict
MACHINES = (_V.PREFETCH, _V.SCANNER)


class _Place(Func):
    """A browser somewhere, as far as a hit knows it."""

    template = "(%(expressions)s)"
    output_field = BinaryField()


@dataclass(frozen=True, slots=True)
class LinkFigures:
    """One link. ``people`` as in ``Figures.human_clicks``; ``clicks`` and ``machine_clicks`` are requests."""

    link: Link
    people: int
    clicks: int
    machine_clicks: int


@dataclass(frozen=True, slots=True)
class Reason:
    """How many requests got this verdict for this reason (``judging.reason_words``)."""

    kind: str
    verdict: str
    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class Figures:
    """``human_clicks`` are people: those who allow tracking, and of the others (``unnamed_clicks``)
    each browser once a day, since nobody knows who they are.

    ``machine_clicks``, ``unsure_clicks`` and ``waiting`` (not judged yet) are requests. Opens are
    known only of the ``opens_base`` people who got it and allow tracking: at least ``opens_low``
    of them, at most ``opens_high``, where mail proxies stand for readers. ``replies`` are mails, of
    ``reply_people`` people we know. ``came_back`` and ``complaints`` are deliveries told of after hand-over.
    """

    delivered: int
    human_clicks: int
    unnamed_clicks: int
    machine_clicks: int
    unsure_clicks: int
    waiting: int
    unsubscribes: int
    replies: int
    reply_people: int
    came_back: int
    complaints: int
    opens_low: int
    opens_high: int
    opens_base: int
    per_link: list[LinkFigures]


def for_campaign(campaign: Campaign) -> Figures:
    """Seven statements, each over the campaign's own rows."""
    clicks = Hit.objects.filter(campaign=campaign, kind=Hit.Kind.CLICK)
    counted = clicks.aggregate(
        machine=Count("pk", filter=Q(verdict__in=MACHINES)),
        unsure=Count("pk", filter=Q(verdict=_V.UNKNOWN)),
        waiting=Count("pk", filter=Q(verdict="")),
    )
    named, unnamed = people_who_clicked([campaign.pk]).get(campaign.pk, (0, 0))
    return Figures(
        delivered=Chunk.objects.filter(campaign=campaign).aggregate(sent=Sum("sent"))["sent"] or 0,
        human_clicks=named + unnamed,
        unnamed_clicks=unnamed,
        machine_clicks=counted["machine"],
        unsure_clicks=counted["unsure"],
        waiting=counted["waiting"],
        **_told(campaign),
        **_returned(campaign),
        per_link=_per_link(campaign),
        **_opens(campaign),
    )


def human_clicks(campaign_ids: Iterable[int]) -> dict[int, int]:
    """People who clicked, by campaign, for lists; campaigns without any are left out."""
    return {campaign_id: sum(both) for campaign_id, both in people_who_clicked(campaign_ids).items()}


def people_who_clicked(campaign_ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """(named, unnamed) by campaign. One statement."""
    human = Hit.objects.filter(campaign__in=list(campaign_ids), kind=Hit.Kind.CLICK, verdict=_V.HUMAN)
    rows = _people(human.order_by().values("campaign_id")).values_list("campaign_id", "named", "unnamed")
    return {campaign_id: (named, unnamed) for campaign_id, named, unnamed in rows}


def reasons(campaign: Campaign) -> list[Reason]:
    """Why requests were judged as they were, most frequent first. One statement."""
    judged = Hit.objects.filter(campaign=campaign).exclude(verdict="").order_by()
    rows = judged.values_list("kind", "verdict", "verdict_reason").annotate(count=Count("pk"))
    return [Reason(*row) for row in sorted(rows, key=lambda row: (-row[3], row))]


def _per_link(campaign: Campaign) -> list[LinkFigures]:
    """Every link of the campaign, those most people followed first. Two statements."""
    clicks = Hit.objects.filter(campaign=campaign, kind=Hit.Kind.CLICK).order_by().values("link_id")
    rows = _people(clicks).annotate(
        human=Count("pk", filter=Q(verdict=_V.HUMAN)), machine=Count("pk", filter=Q(verdict__in=MACHINES))
    )
    found = {row["link_id"]: row for row in rows}
    nothing = {"named": 0, "unnamed": 0, "human": 0, "machine": 0}
    figures = []
    for link in Link.objects.filter(campaign=campaign).order_by("position"):
        row = found.get(link.pk, nothing)
        figures.append(LinkFigures(link, row["named"] + row["unnamed"], row["human"], row["machine"]))
    return sorted(figures, key=lambda each: -each.people)


def _people(hits: QuerySet[Hit, Any]) -> Any:
    """Adds ``named`` and ``unnamed`` people to grouped hits."""
    human = Q(verdict=_V.HUMAN)
    return hits.annotate(
        named=Count("delivery", filter=human, distinct=True),
        unnamed=Count(_Place("ip_hash", "user_agent"), filter=human & Q(delivery=None), distinct=True),
    )


def _opens(campaign: Campaign) -> dict[str, int]:
    """Two statements."""
    opens = Hit.objects.filter(campaign=campaign, kind=Hit.Kind.OPEN, delivery__isnull=False)
    counted = opens.aggregate(
        opens_low=Count("delivery", filter=Q(verdict=_V.HUMAN), distinct=True),
        opens_high=Count("delivery", filter=Q(verdict__in=(_V.HUMAN, _V.PREFETCH, _V.UNKNOWN)), distinct=True),
    )
    return {**counted, "opens_base": _allowing_tracking(campaign)}


def _allowing_tracking(campaign: Campaign) -> int:
    purpose = purposes.by_key(purposes.TRACKING)
    if purpose is None:
        return 0
    sent = Outcome.objects.filter(delivery=OuterRef("pk"), kind=OutcomeKind.SENT)
    allowed = Delivery.objects.filter(rules.granted(purpose, contact="contact_id"), campaign=campaign)
    return allowed.filter(Exists(sent)).count()


def _told(campaign: Campaign) -> dict[str, int]:
    """What the history knows of this campaign's people."""
    told = Event.objects.filter(name__in=(UNSUBSCRIBED, REPLIED), campaign_id=campaign.pk).order_by().values("name")
    rows = told.annotate(people=Count("contact_id", distinct=True), count=Count("pk"))
    found = {row["name"]: (row["count"], row["people"]) for row in rows}
    replies, people = found.get(REPLIED, (0, 0))
    return {"unsubscribes": found.get(UNSUBSCRIBED, (0, 0))[1], "replies": replies, "reply_people": people}


def _returned(campaign: Campaign) -> dict[str, int]:
    kinds = {OutcomeKind.BOUNCED: "came_back", OutcomeKind.COMPLAINED: "complaints"}
    later = Outcome.objects.filter(campaign=campaign, kind__in=kinds).order_by().values_list("kind")
    found = dict(later.annotate(count=Count("delivery", distinct=True)))
    return {name: found.get(kind, 0) for kind, name in kinds.items()}
