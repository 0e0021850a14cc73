"""People who enter and leave, written set-based: their stays with the causes, and the history of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from contacts.models import Event, Segment, SegmentMembership
from contacts.segments.causes import Blame
from ecrm.rowsets import RowSet, rows_of
from ecrm.tenancy.context import require_tenant_id

ENTERED, LEFT = "segment.entered", "segment.left"


@dataclass(frozen=True, slots=True)
class Move:
    """One person into a segment, or out of it: then ``stay_id`` is the stay that ends."""

    segment_id: int
    contact_id: int
    blame: Blame
    stay_id: int | None = None


def write(moves: Sequence[Move], *, at: datetime) -> Counter[int]:
    """Opens and closes the stays of several segments at once; answers by how many people each grew.

    One statement, however many move. Who is in already, or out, is left alone.
    """
    if not moves:
        return Counter()
    came = _rows([move for move in moves if move.stay_id is None])
    went = _rows([move for move in moves if move.stay_id is not None])
    tenant_id = require_tenant_id()
    with connection.cursor() as cursor:
        cursor.execute(
            _STATEMENT.format(came=came.sql, went=went.sql),
            [*came.params, *went.params, tenant_id, at, at, tenant_id, tenant_id, at, tenant_id],
        )
        return Counter(dict(cursor.fetchall()))


# The conflict key is named: without it a distributed table copies, which row security refuses.
_STATEMENT = f"""
WITH came AS ({{came}}), went AS ({{went}}),
entered AS (
    INSERT INTO {SegmentMembership.table()}
           (tenant_id, segment_id, contact_id, entered_at, entered_cause, entered_place)
    SELECT %s, segment_id, contact_id, %s, cause, place FROM came
    ON CONFLICT (tenant_id, segment_id, contact_id) WHERE left_at IS NULL DO NOTHING
    RETURNING segment_id, contact_id
),
gone AS (
    UPDATE {SegmentMembership.table()} stay
       SET left_at = greatest(%s, stay.entered_at), left_cause = went.cause, left_place = went.place
      FROM went WHERE stay.tenant_id = %s AND stay.id = went.stay_id AND stay.left_at IS NULL
    RETURNING stay.segment_id, stay.contact_id
),
moved (segment_id, contact_id, name, step) AS (
    SELECT segment_id, contact_id, '{ENTERED}', 1 FROM entered
    UNION ALL SELECT segment_id, contact_id, '{LEFT}', -1 FROM gone
),
told AS (
    INSERT INTO {Event.table()} (tenant_id, contact_id, name, occurred_at, object_type, object_id, properties)
    SELECT %s, moved.contact_id, moved.name, %s, 'contacts.segment', moved.segment_id,
           jsonb_build_object('segment', segment.name)
      FROM moved JOIN {Segment.table()} segment ON segment.tenant_id = %s AND segment.id = moved.segment_id
)
SELECT segment_id, sum(step) FROM moved GROUP BY segment_id
"""


def _rows(moves: Sequence[Move]) -> RowSet:
    if not moves:
        nothing = ", ".join(f"NULL::{kind} AS {name}" for name, (kind, _read) in _COLUMNS.items())
        return RowSet(f"SELECT {nothing} LIMIT 0", [])
    return rows_of({name: (kind, [read(move) for move in moves]) for name, (kind, read) in _COLUMNS.items()})


_COLUMNS: dict[str, tuple[str, Callable[[Move], Any]]] = {
    "segment_id": ("bigint", lambda move: move.segment_id),
    "contact_id": ("bigint", lambda move: move.contact_id),
    "stay_id": ("bigint", lambda move: move.stay_id),
    "cause": ("smallint", lambda move: int(move.blame.cause)),
    "place": ("text", lambda move: move.blame.place),
}
