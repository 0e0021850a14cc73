"""How clean the base is: counts, a score that says what it is made of, and how both went."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from contacts.models import DuplicatePair, QualityCount, QualityIssue
from contacts.quality import kinds
from contacts.quality.kinds import IssueKind
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Membership, User

WEEKS_SHOWN = 12
GROUPS_SHOWN = 12
CAP = 9_999
RAIL_CAP = 99
FILTERS_SHOWN = 50


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


Choice = tuple[str, str]


def overview() -> tuple[dict[str, int], list[Choice], list[Choice]]:
    """How much waits now by kind, counted up to ``CAP`` + 1; the owners and the sources there are. One query."""
    keys = [kind.key for kind in kinds.checked()]
    counted = [_capped(_OPEN_PAIRS, CAP), *(_capped(f"{_OPEN_ISSUES} AND kind = '{key}'", CAP) for key in keys)]
    with connection.cursor() as cursor:
        tenant = {"tenant": require_tenant_id()}
        cursor.execute(f"SELECT {', '.join(counted)}, ({_VALUES % 'owner'}), ({_VALUES % 'source'})", tenant)
        *numbers, owners, sources = cursor.fetchone()
    named = [[(value, name or value) for value, name in json.loads(found)] for found in (owners, sources)]
    return dict(zip([kinds.DUPLICATES, *keys], numbers, strict=True)), named[0], named[1]


def waiting_question(membership: Membership) -> tuple[str, Sequence[Any]]:
    """For the rail: how much there is to put right, counted up to ``RAIL_CAP`` + 1."""
    pairs, issues = _capped(_OPEN_PAIRS, RAIL_CAP), _capped(_OPEN_ISSUES, RAIL_CAP)
    tenant = membership.tenant_id
    return f"SELECT {pairs} + {issues}".replace("%(tenant)s", "%s"), [tenant, tenant]


def _capped(sql: str, cap: int) -> str:
    return f"(SELECT count(*) FROM ({sql} LIMIT {cap + 1}) AS waiting)"


_OPEN_PAIRS = f"SELECT 1 FROM {DuplicatePair.table()} WHERE tenant_id = %(tenant)s AND state = 'open'"
_OPEN_ISSUES = f"SELECT 1 FROM {QualityIssue.table()} WHERE tenant_id = %(tenant)s AND closed_at IS NULL"
# The largest of the newest count, with the names of owners, as JSON.
_VALUES = f"""
    SELECT coalesce(jsonb_agg(jsonb_build_array(listed.value, listed.name) ORDER BY listed.name, listed.value), '[]')
           ::text FROM (
        SELECT counted.value, coalesce(nullif(owner.name, ''), owner.email, counted.value) AS name
          FROM {QualityCount.table()} counted
          LEFT JOIN {User._meta.db_table} owner
            ON owner.id = CASE WHEN counted.dimension = 'owner' AND counted.value <> '' THEN counted.value::bigint END
         WHERE counted.tenant_id = %%(tenant)s AND counted.dimension = '%s' AND counted.value <> ''
           AND counted.day = (SELECT max(day) FROM {QualityCount.table()}
                               WHERE tenant_id = %%(tenant)s AND dimension = 'all' AND value = '')
         ORDER BY counted.people DESC LIMIT {FILTERS_SHOWN}) AS listed"""


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
