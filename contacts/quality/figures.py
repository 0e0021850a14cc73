"""How clean the base is: counts, a score that says what it is made of, and how both went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection
from django.utils import timezone

from contacts.models import DuplicatePair, QualityCount, QualityIssue
from contacts.quality import kinds
from contacts.quality.kinds import IssueKind
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import User

WEEKS_SHOWN = 12
GROUPS_SHOWN = 12
CAP = 9_999


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of issue: how many people have it, and the points of 100 that costs."""

    kind: IssueKind
    people: int
    points: float


@dataclass(frozen=True, slots=True)
class Score:
    """``value`` is 100 less the points of every part."""

    value: float
    people: int
    parts: list[Part]
    day: date

    @property
    def worst(self) -> list[Part]:
        return sorted((part for part in self.parts if part.points), key=lambda part: -part.points)


@dataclass(frozen=True, slots=True)
class Standing:
    """One owner's or one source's people, now and at the first of the days shown; ``values`` are all those days."""

    label: str
    people: int
    value: float
    change: float
    values: list[float]


def today() -> Score | None:
    """By the newest count; None before the first. One query."""
    return next((found for _day, found in reversed(course())), None)


def score(count: QualityCount) -> Score:
    parts = [_part(kind, count) for kind in kinds.all_kinds()]
    return Score(100 - sum(part.points for part in parts), count.people, parts, count.day)


def course() -> list[tuple[date, Score]]:
    """The score of each day of the last weeks, oldest first. One query."""
    since = timezone.localdate() - timedelta(weeks=WEEKS_SHOWN)
    counts = QualityCount.objects.filter(dimension="all", day__gte=since).order_by("day")
    return [(count.day, score(count)) for count in counts]


def open_counts() -> dict[str, int]:
    """How much waits now, by kind, counted up to ``CAP`` + 1. One query."""
    tenant_id = require_tenant_id()
    pairs = f"SELECT 1 FROM {DuplicatePair.table()} WHERE tenant_id = %s AND state = 'open'"
    issues = f"SELECT 1 FROM {QualityIssue.table()} WHERE tenant_id = %s AND kind = %s AND closed_at IS NULL"
    keys = [kind.key for kind in kinds.checked()]
    waiting = (pairs, *[issues for _key in keys])
    counted = [f"(SELECT count(*) FROM ({sql} LIMIT {CAP + 1}) AS waiting)" for sql in waiting]
    with connection.cursor() as cursor:
        given = [value for key in keys for value in (tenant_id, key)]
        cursor.execute(f"SELECT {', '.join(counted)}", [tenant_id, *given])
        row = cursor.fetchone()
    return dict(zip([kinds.DUPLICATES, *keys], row or (), strict=False))


def standings(dimension: str) -> list[Standing]:
    """The largest owners or sources, the worst first. Two queries."""
    since = timezone.localdate() - timedelta(weeks=WEEKS_SHOWN)
    counts = list(QualityCount.objects.filter(dimension=dimension, day__gte=since).order_by("value", "day"))
    by_value: dict[str, list[QualityCount]] = {}
    for count in counts:
        by_value.setdefault(count.value, []).append(count)
    last = max((count.day for count in counts), default=None)
    current = {value: rows for value, rows in by_value.items() if rows[-1].day == last}
    largest = sorted(current, key=lambda value: -current[value][-1].people)[:GROUPS_SHOWN]
    labels = _owners(largest) if dimension == "owner" else {value: value for value in largest}
    shown = [_standing(labels.get(value, ""), current[value]) for value in largest]
    return sorted(shown, key=lambda each: each.value)


def _part(kind: IssueKind, count: QualityCount) -> Part:
    people = int(count.counts.get(kind.key, 0))
    return Part(kind, people, kind.weight * people / count.people if count.people else 0.0)


def _standing(label: str, rows: Sequence[QualityCount]) -> Standing:
    values = [score(row).value for row in rows]
    return Standing(label, rows[-1].people, values[-1], values[-1] - values[0], values)


def _owners(values: Sequence[str]) -> dict[str, str]:
    members = User.objects.filter(pk__in=[int(value) for value in values if value])
    return {str(pk): name or email for pk, name, email in members.values_list("pk", "name", "email")}
