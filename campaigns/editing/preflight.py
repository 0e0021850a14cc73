"""Everything to know before "send": what stops it, what to look at, who gets it and who does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from campaigns import exclusions
from campaigns.editing import checklist
from campaigns.editing.checklist import Item
from campaigns.models import Campaign, CampaignContent
from campaigns.sending import people
from campaigns.sending.readiness import missing
from campaigns.sending.services import ReasonCount, Rehearsal, rehearse
from contacts.criteria import Unanswerable, UnknownCriterion
from contacts.models import Contact
from contacts.segments.tree import InvalidRule
from ecrm.tenancy.models import Membership


@dataclass(frozen=True, slots=True)
class Words:
    """One language: how many get it, and what is to be said about it."""

    language: str
    recipients: int | None
    items: Sequence[Item]


@dataclass(frozen=True, slots=True)
class Preflight:
    """``rehearsal`` is None while it cannot be counted yet. ``to_choose`` are messages by what they concern."""

    to_choose: dict[str, list[str]]
    words: Sequence[Words]
    rehearsal: Rehearsal | None
    reasons: Sequence[ReasonCount]
    sample: Sequence[Contact]

    @property
    def is_ready(self) -> bool:
        return not self.to_choose and not any(item.tone == "bad" for each in self.words for item in each.items)

    @property
    def recipients(self) -> int:
        return self.rehearsal.eligible if self.rehearsal else 0

    @property
    def left_out(self) -> int:
        return sum(self.rehearsal.exclusions.values()) if self.rehearsal else 0

    @property
    def segment_size(self) -> int:
        return self.rehearsal.total if self.rehearsal else 0


def preflight(campaign: Campaign, *, membership: Membership) -> Preflight:
    """One pass over the segment, and one compilation of each language."""
    to_choose = missing(campaign)
    rehearsal = None
    if not set(to_choose) & {"segment", "purpose", "content"}:
        try:
            rehearsal = rehearse(campaign)
        except (InvalidRule, UnknownCriterion, Unanswerable, ValidationError) as error:
            to_choose.setdefault("segment", []).append(_broken(error))
    if rehearsal is not None and not rehearsal.eligible:
        to_choose.setdefault("segment", []).append(_("Nobody would get it."))
    return Preflight(
        to_choose, _words(campaign, rehearsal), rehearsal, _reasons(rehearsal), _sample(rehearsal, membership)
    )


def left_out(campaign: Campaign, reason: str) -> QuerySet[Contact]:
    """The people a rehearsal would leave out for this reason, as of now."""
    judged = people.judged(campaign)
    sql = f"SELECT people.contact_id FROM ({judged.sql}) people WHERE people.reason = %s"
    return Contact.objects.filter(pk__in=RawSQL(sql, (*judged.params, reason)))


def minutes(recipients: int, per_second: int) -> int | None:
    """How long a sender's own limit makes a send last, rounded up; None without a limit."""
    return -(-recipients // (per_second * 60)) if per_second else None


def _words(campaign: Campaign, rehearsal: Rehearsal | None) -> list[Words]:
    contents = CampaignContent.objects.filter(campaign=campaign).order_by("variant", "id")
    counts = rehearsal.per_content if rehearsal else {}
    return [
        Words(each.language, counts.get(each.pk, 0) if rehearsal else None, checklist.of(campaign, each).items)
        for each in contents
    ]


def _reasons(rehearsal: Rehearsal | None) -> list[ReasonCount]:
    counts = sorted((rehearsal.exclusions if rehearsal else {}).items(), key=lambda pair: (-pair[1], pair[0]))
    return [ReasonCount(reason, exclusions.label(reason), count) for reason, count in counts]


def _sample(rehearsal: Rehearsal | None, membership: Membership) -> list[Contact]:
    if rehearsal is None:
        return []
    return list(Contact.objects.visible_to(membership).filter(pk__in=rehearsal.sample).order_by("pk"))


def _broken(error: Exception) -> str:
    words: str | Promise = _("The segment's rule cannot be answered now. Open it to correct it.")
    return str(error) if isinstance(error, Unanswerable) else str(words)
