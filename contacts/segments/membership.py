"""Who is in: intervals kept by set-based difference, with what they mean for the history.

One statement per segment evaluates the rule and finds who came and who left. Few people are then
written with the cause of each; very many, or those whom one act moved, together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from dataclasses import replace as changed
from datetime import datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from contacts.criteria import Scope
from contacts.models import Contact, Event, Segment, SegmentMembership, SegmentPick
from contacts.models.segments import Cause, SegmentKind
from contacts.segments import bits, causes, counting, kept, moves, tree
from contacts.segments.causes import Moved
from contacts.segments.moves import ENTERED, LEFT, Move
from ecrm.rowsets import id_array
from ecrm.tenancy.context import require_tenant_id


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
    """Brings the memberships of everybody in line with the rule (``touched.follow``: of a few).

    Each stay says why it began or ended: for ``cause`` if there is one for all, else by ``reasons``
    (``contacts.segments.causes``). Raises ``InvalidRule`` or ``Unanswerable`` before anything is written.
    """
    root = tree.parse(segment.rule)
    found = _compare(segment, root.compile(scope), at, cause)
    if not found.is_written and found.change.is_any:
        moves.write(_moves(segment, root, found, scope, reasons or {}), at=at)
    return found.change


@dataclass(frozen=True, slots=True)
class _Found:
    """``stays`` are those that ``change.moved.left`` have to give up, in the same order."""

    change: Change
    stays: list[int]
    is_written: bool


def _compare(segment: Segment, condition: Q, at: datetime, cause: Cause | None) -> _Found:
    """Whom one act moved is written at once. Otherwise it is asked who moved, in a statement that writes
    nothing: only such a one can be shared between processors. Very many are then written together."""
    asked = {"tenant_id": require_tenant_id(), "segment_id": segment.pk}
    if cause is None:
        few = _few(condition, asked)
        if few is not None:
            return few
    is_list = segment.kind == SegmentKind.STATIC
    matching, parameters = _ids(condition)
    return _written(
        _WRITE.format(matching=matching, entered_cause=_PICKED if is_list else "%(cause)s"),
        {
            **asked,
            **parameters,
            "name": segment.name,
            "at": at,
            "cause": int(cause or Cause.CHANGE),
            "left_cause": int(Cause.HAND if is_list else cause or Cause.CHANGE),
        },
    )


def _few(condition: Q, asked: dict[str, Any]) -> _Found | None:
    matching, parameters = _words(condition)
    with connection.cursor() as cursor:
        cursor.execute(_ASK.format(matching=matching), {**asked, **parameters})
        number, count, seen, went = cursor.fetchone() or (0, 0, [], [])
        if number > causes.MOST:
            return None
        cursor.execute(_STAYS, {**asked, "went": id_array(went)})
        stays = dict(cursor.fetchall())
    # Whoever was erased meanwhile has no stay to give up.
    went = [contact_id for contact_id in went if contact_id in stays]
    came = _people(seen)
    found = Change(len(came), len(went), int(count) - len(seen) + len(came), Moved(came, went))
    return _Found(found, [stays[contact_id] for contact_id in went], is_written=False)


def _written(sql: str, parameters: dict[str, Any]) -> _Found:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        entered, left, count, came, went = cursor.fetchone() or (0, 0, 0, [], [])
    return _Found(Change(entered, left, count, Moved(came, went)), [], is_written=True)


# A full join is hashed whatever the statistics say; they are wrong while a tenant is being filled.
_DIFFERING = f"""
WITH matching (id) AS MATERIALIZED ({{matching}}),
differing (came, stay_id, went) AS MATERIALIZED (
    SELECT matching.id, stay.id, stay.contact_id
      FROM matching FULL JOIN (
           SELECT id, contact_id FROM {SegmentMembership.table()}
            WHERE tenant_id = %(tenant_id)s AND segment_id = %(segment_id)s AND left_at IS NULL
           ) stay ON stay.contact_id = matching.id
     WHERE matching.id IS NULL OR stay.id IS NULL
)"""
_FEW = f"few AS MATERIALIZED (SELECT * FROM differing WHERE (SELECT count(*) FROM differing) <= {causes.MOST})"
_STAYING = f"FROM {SegmentMembership.table()} WHERE tenant_id = %(tenant_id)s AND segment_id = %(segment_id)s"
_IDS = f"""ARRAY(SELECT word << 6 | place
                    FROM (SELECT word, {{bits}} AS bits, generate_series(0, 63) AS place
                            FROM differing WHERE {{bits}} <> 0 AND total.number <= {causes.MOST}) each_place
                   WHERE bits >> place & 1 = 1 ORDER BY 1)"""
# Compared by words of 64 people; only those who differ are written out as ids.
_ASK = f"""
WITH matching AS MATERIALIZED (SELECT * FROM {{matching}} each_word),
differing AS MATERIALIZED (
    SELECT word, coalesce(matching.bits, 0) & ~coalesce(staying.bits, 0) AS came,
           coalesce(staying.bits, 0) & ~coalesce(matching.bits, 0) AS went
      FROM matching FULL JOIN {bits.words_of(f"SELECT contact_id {_STAYING} AND left_at IS NULL")} staying USING (word)
)
SELECT total.number, coalesce((SELECT sum(bit_count(bits::bit(64))) FROM matching), 0),
       {_IDS.format(bits="came")}, {_IDS.format(bits="went")}
  FROM (SELECT coalesce(sum(bit_count((came | went)::bit(64))), 0) AS number FROM differing) total
"""
_STAYS = f"SELECT contact_id, id {_STAYING} AND left_at IS NULL AND contact_id = ANY (%(went)s::bigint[])"
# The conflict key is named: without it a distributed table copies, which row security refuses.
_WRITE = f"""{_DIFFERING},
{_FEW},
came (id) AS (SELECT came FROM differing WHERE stay_id IS NULL),
went (stay_id, id) AS (SELECT stay_id, went FROM differing WHERE stay_id IS NOT NULL),
entered AS (
    INSERT INTO {SegmentMembership.table()} (tenant_id, segment_id, contact_id, entered_at, entered_cause)
    SELECT %(tenant_id)s, %(segment_id)s, came.id, %(at)s, {{entered_cause}} FROM came
    ON CONFLICT (tenant_id, segment_id, contact_id) WHERE left_at IS NULL DO NOTHING
    RETURNING contact_id
),
gone AS (
    UPDATE {SegmentMembership.table()} stay SET left_at = greatest(%(at)s, stay.entered_at), left_cause = %(left_cause)s
      FROM went
     WHERE stay.tenant_id = %(tenant_id)s AND stay.segment_id = %(segment_id)s AND stay.left_at IS NULL
       AND stay.contact_id = went.id
    RETURNING stay.contact_id
),
told AS (
    INSERT INTO {Event.table()} (tenant_id, contact_id, name, occurred_at, object_type, object_id, properties)
    SELECT %(tenant_id)s, moved.contact_id, moved.name, %(at)s, 'contacts.segment', %(segment_id)s,
           jsonb_build_object('segment', %(name)s::text)
      FROM (SELECT contact_id, '{ENTERED}' FROM entered
            UNION ALL SELECT contact_id, '{LEFT}' FROM gone) AS moved (contact_id, name)
)
SELECT (SELECT count(*) FROM came), (SELECT count(*) FROM went), (SELECT count(*) FROM matching),
       ARRAY(SELECT came FROM few WHERE stay_id IS NULL),
       ARRAY(SELECT went FROM few WHERE stay_id IS NOT NULL)
"""
_PICKED = f"""coalesce((SELECT pick.cause FROM {SegmentPick.table()} pick
                        WHERE pick.tenant_id = %(tenant_id)s AND pick.segment_id = %(segment_id)s
                          AND pick.contact_id = came.id), %(cause)s)"""


def _moves(segment: Segment, root: tree.Group, found: _Found, scope: Scope, reasons: causes.Reasons) -> list[Move]:
    moved = found.change.moved
    if segment.kind == SegmentKind.STATIC:
        blames = causes.of_list(segment, moved, reasons)
    else:
        ids = [*moved.entered, *moved.left]
        inquest = causes.inquest(root, ids, changed(scope, among=kept.given(ids)), reasons)
        blames = {pk: inquest.blame(pk, has_entered=True) for pk in moved.entered}
        blames |= {pk: inquest.blame(pk, has_entered=False) for pk in moved.left}
    came = [Move(segment.pk, pk, blames[pk]) for pk in moved.entered]
    return came + [
        Move(segment.pk, pk, blames[pk], stay_id) for pk, stay_id in zip(moved.left, found.stays, strict=True)
    ]


def _people(ids: list[int]) -> list[int]:
    """Those who are there: rows may speak of people who were erased (``_words``)."""
    return list(counting.people().filter(pk__in=kept.given(ids)).order_by("pk").values_list("pk", flat=True))


def _words(condition: Q) -> tuple[str, dict[str, Any]]:
    """Whom a rule finds as words of 64 people (``contacts.segments.bits``), for a FROM.

    Where it asks for one kind of rows alone, whoever these are about; everybody need not be read for that.
    """
    rows = bits.only_rows(condition)
    if rows is not None:
        return _but_the_bin(rows)
    if bits.is_conjunction(condition):
        sql, parameters = _ids(condition)
        return bits.words_of(sql), parameters
    figures, wanted = bits.narrowed(counting.people(), condition)
    try:
        return _named(*figures.words(wanted))
    except EmptyResultSet:
        return bits.words_of(_NOBODY), {}


def _but_the_bin(rows: QuerySet[Any]) -> tuple[str, dict[str, Any]]:
    binned = Contact.objects.filter(binned_at__isnull=False).order_by().values("pk")
    try:
        found, given = rows.order_by().query.sql_with_params()
    except EmptyResultSet:
        return bits.words_of(_NOBODY), {}
    left_out, too = binned.query.sql_with_params()
    return _named(
        f"(SELECT word, found.bits & ~coalesce(binned.bits, 0) AS bits FROM {bits.words_of(found)} found"
        f" LEFT JOIN {bits.words_of(left_out)} binned USING (word))",
        [*given, *too],
    )


def _ids(condition: Q) -> tuple[str, dict[str, Any]]:
    """Whom a rule finds, to stand inside a larger statement."""
    try:
        return _named(*counting.people().filter(condition).order_by().values("pk").query.sql_with_params())
    except EmptyResultSet:
        return _NOBODY, {}


_NOBODY = "SELECT NULL::bigint WHERE false"


def _named(sql: str, parameters: Sequence[Any]) -> tuple[str, dict[str, Any]]:
    names = [f"rule{number}" for number in range(len(parameters))]
    # A literal percent sign is written twice; it has to stay so through this substitution.
    named = sql.replace("%%", "%%%%") % tuple(f"%({name})s" for name in names)
    return named, dict(zip(names, parameters, strict=True))
