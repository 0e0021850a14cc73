"""The figures of the purposes page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from consent import purposes, rules
from consent.models import Action, ConsentState, Notice
from consent.purposes import Wording
from contacts.models import Contact

RECENT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class PurposeRow:
    """A purpose and where its people stand. ``refused_recently`` counts the last 30 days."""

    wording: Wording
    version: int
    language_count: int
    granted: int
    refused: int
    refused_recently: int
    people: int

    @property
    def granted_width(self) -> str:
        return _width(self.granted, self.people)

    @property
    def refused_width(self) -> str:
        return _width(self.refused, self.people)


def purpose_rows(languages: Sequence[str], *, now: datetime | None = None) -> tuple[list[PurposeRow], int]:
    """Every purpose with its figures, and the number of people. Four queries, whatever the number."""
    people = Contact.objects.unbinned().count()
    counted = {row["purpose_id"]: row for row in _counts(now or timezone.now())}
    versions = _versions()
    rows = [
        _row(each, versions.get(each.purpose.pk, (0, 0)), counted.get(each.purpose.pk, {}), people)
        for each in purposes.catalogue(languages, with_archived=True)
    ]
    return sorted(rows, key=lambda row: row.wording.purpose.archived_at is not None), people


def _row(wording: Wording, version: tuple[int, int], counted: dict[str, Any], people: int) -> PurposeRow:
    return PurposeRow(
        wording=wording,
        version=version[0],
        language_count=version[1],
        granted=counted.get("granted", 0),
        refused=counted.get("refused", 0),
        refused_recently=counted.get("recently", 0),
        people=people,
    )


def _counts(now: datetime) -> list[dict[str, Any]]:
    refused = Q(state__in=sorted(rules.OBJECTIONS))
    states = ConsentState.objects.filter(contact__binned_at=None).order_by().values("purpose_id")
    counted = states.annotate(
        granted=Count("id", filter=Q(state=Action.GRANTED)),
        refused=Count("id", filter=refused),
        recently=Count("id", filter=refused & Q(since__gte=now - RECENT)),
    )
    return [dict(row) for row in counted]


def _versions() -> dict[int, tuple[int, int]]:
    """By purpose id: the newest version of its wording and in how many languages it exists."""
    grouped = Notice.objects.order_by("purpose_id", "version").values("purpose_id", "version")
    counted = grouped.annotate(languages=Count("id"))
    return {row["purpose_id"]: (row["version"], row["languages"]) for row in counted}


def _width(part: int, whole: int) -> str:
    """For an SVG attribute: always a point, whatever the reader's language."""
    return f"{100 * part / whole:.2f}%" if whole else "0%"
