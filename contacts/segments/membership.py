"""Who is in: intervals kept by set-based difference, with what they mean for the history.

One statement per segment evaluates the rule once, opens the stays of those who came, closes the
stays of those who left, and writes both into the history.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from contacts.criteria import Scope
from contacts.models import Contact, Event, Segment, SegmentMembership
from contacts.models.segments import Cause
from contacts.segments import causes, counting, kept
from contacts.segments.causes import Moved
from ecrm.tenancy.context import require_tenant_id

ENTERED, LEFT = "segment.entered", "segment.left"


@dataclass(frozen=True, slots=True)
class Change:
    """Numbers of people, and who moved: empty when there were more than ``causes.MOST``."""

    entered: int
    left: int
    matching: int
    moved: Moved = field(default_factory=Moved)

    @property
    def is_any(self) -> bool:
        return bool(self.entered or self.left)


def members(segment: Segment, *, at: datetime | None = None) -> QuerySet[Contact]:
    """The people in a segment as last calculated, without the bin; or who was in at an instant, binned since or not."""
    stays = stays_at(segment, at) if at else SegmentMembership.objects.filter(segment=segment, left_at=None)
    everybody = Contact.objects.all() if at else counting.people()
    return everybody.filter(Exists(stays.filter(contact=OuterRef("pk"))))


def stays_at(segment: Segment, at: datetime) -> QuerySet[SegmentMembership]:
    """The stays that an instant lies in."""
    began = SegmentMembership.objects.filter(segment=segment, entered_at__lte=at)
    return began.filter(Q(left_at=None) | Q(left_at__gt=at))


def replace(
    segment: Segment,
    scope: Scope,
    *,
    at: datetime,
    cause: Cause | None = None,
    reasons: causes.Reasons | None = None,
) -> Change:
    """Brings the memberships in line with the rule: everybody's, or only those of ``scope.among`` (``kept.TOUCHED``).

    Each stay says why it began or ended: for ``cause`` if there is one for all, else by ``reasons``
    (``causes.note``). Raises ``InvalidRule`` or ``Unanswerable`` before anything is written.
    """
    found = counting.matching(segment.rule, scope)
    if scope.among is not None:
        found = found.filter(pk__in=scope.among)
    change = _replace(segment, found, at, cause or Cause.CHANGE, is_partial=scope.among is not None)
    if cause is None and change.is_any:
        causes.note(segment, change.moved, scope, at=at, reasons=reasons or {})
    return change


def _replace(segment: Segment, found: QuerySet[Contact], at: datetime, cause: Cause, *, is_partial: bool) -> Change:
    sql, parameters = _ids(found)
    with connection.cursor() as cursor:
        cursor.execute(
            _STATEMENT.format(matching=sql, among=_AMONG if is_partial else ""),
            {
                **parameters,
                "tenant_id": require_tenant_id(),
                "segment_id": segment.pk,
                "name": segment.name,
                "at": at,
                "cause": int(cause),
            },
        )
        entered, left, matching, came, went = cursor.fetchone() or (0, 0, 0, [], [])
    is_told = entered + left <= causes.MOST
    return Change(entered, left, matching, Moved(came or [], went or []) if is_told else Moved())


# The conflict key is named: without it a distributed table copies, which row security refuses.
_STATEMENT = f"""
WITH matching (id) AS MATERIALIZED ({{matching}}),
entered AS (
    INSERT INTO {SegmentMembership.table()} (tenant_id, segment_id, contact_id, entered_at, entered_cause)
    SELECT %(tenant_id)s, %(segment_id)s, matching.id, %(at)s, %(cause)s FROM matching
     WHERE NOT EXISTS (SELECT FROM {SegmentMembership.table()} stay
                        WHERE stay.tenant_id = %(tenant_id)s AND stay.segment_id = %(segment_id)s
                          AND stay.contact_id = matching.id AND stay.left_at IS NULL {{among}})
    ON CONFLICT (tenant_id, segment_id, contact_id) WHERE left_at IS NULL DO NOTHING
    RETURNING contact_id
),
gone AS (
    UPDATE {SegmentMembership.table()} stay SET left_at = greatest(%(at)s, stay.entered_at), left_cause = %(cause)s
     WHERE stay.tenant_id = %(tenant_id)s AND stay.segment_id = %(segment_id)s AND stay.left_at IS NULL {{among}}
       AND NOT EXISTS (SELECT FROM matching WHERE matching.id = stay.contact_id)
    RETURNING contact_id
),
told AS (
    INSERT INTO {Event.table()} (tenant_id, contact_id, name, occurred_at, object_type, object_id, properties)
    SELECT %(tenant_id)s, moved.contact_id, moved.name, %(at)s, 'contacts.segment', %(segment_id)s,
           jsonb_build_object('segment', %(name)s::text)
      FROM (SELECT contact_id, '{ENTERED}' FROM entered
            UNION ALL SELECT contact_id, '{LEFT}' FROM gone) AS moved (contact_id, name)
)
SELECT (SELECT count(*) FROM entered), (SELECT count(*) FROM gone), (SELECT count(*) FROM matching),
       ARRAY(SELECT contact_id FROM entered LIMIT {causes.MOST}), ARRAY(SELECT contact_id FROM gone LIMIT {causes.MOST})
"""
_AMONG = f"AND stay.contact_id IN (SELECT id FROM {kept.TOUCHED})"


def _ids(found: QuerySet[Contact]) -> tuple[str, dict[str, Any]]:
    """The compiled rule with named parameters, to stand inside a larger statement."""
    try:
        sql, parameters = found.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:
        return "SELECT NULL::bigint WHERE false", {}
    names = [f"rule{number}" for number in range(len(parameters))]
    # A literal percent sign is written twice; it has to stay so through this substitution.
    named = sql.replace("%%", "%%%%") % tuple(f"%({name})s" for name in names)
    return named, dict(zip(names, parameters, strict=True))
