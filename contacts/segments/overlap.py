"""How many members segments share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from contacts.models import Segment, SegmentMembership
from contacts.segments import counting
from contacts.segments.counting import TooSlow
from ecrm.tenancy.context import require_tenant_id

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Shared:
    """``both`` people are members of the two; ``alone`` are only in the first."""

    other: Segment
    both: int
    alone: int
    total: int

    @property
    def width(self) -> str:
        return f"{100 * self.both / self.total:.1f}%" if self.total else "0%"


def overlap(segment: Segment) -> Sequence[Shared] | None:
    """The segments that share most members with this one; None when counting takes too long. Two queries."""
    try:
        with counting.limited():
            counts = _count(segment)
    except TooSlow:
        return None
    others = Segment.objects.filter(pk__in=counts, archived_at=None)
    total = segment.member_count
    found = [Shared(other, counts[other.pk], max(total - counts[other.pk], 0), total) for other in others]
    return sorted(found, key=lambda each: (-each.both, each.other.name))


def _count(segment: Segment) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENT, {"tenant": require_tenant_id(), "segment": segment.pk, "shown": SHOWN})
        return dict(cursor.fetchall())


_STATEMENT = f"""
SELECT other.segment_id, count(*) AS number
  FROM {SegmentMembership.table()} mine
  JOIN {SegmentMembership.table()} other
    ON other.tenant_id = mine.tenant_id AND other.contact_id = mine.contact_id
   AND other.segment_id <> mine.segment_id AND other.left_at IS NULL
 WHERE mine.tenant_id = %(tenant)s AND mine.segment_id = %(segment)s AND mine.left_at IS NULL
 GROUP BY other.segment_id ORDER BY number DESC LIMIT %(shown)s
"""
