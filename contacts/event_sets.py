"""Events that a statement finds, however many: the set-based twin of ``contacts.events.record_many``."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import orjson
from django.db import connection

from contacts import events, reactions
from contacts.models import DirtyContact, Event
from ecrm.tenancy.context import require_tenant_id

_COLUMNS = "name, contact_id, occurred_at, actor_id, source_type, source_id, object_type, object_id, properties"


def record_sql(select: str, params: Iterable[Any], *, names: Collection[str]) -> None:
    """Writes what ``select`` answers and marks its people for their segments, in one statement.

    It answers name, contact_id, occurred_at, actor_id, source_type, source_id, object_type, object_id
    and properties (JSONB). ``names`` are all that may occur: none that is an activity of the person's.
    Rooms that react to one of them hear of those, in the same statement where they can.
    """
    assert not any(events.kind(name).is_activity for name in names)
    called = [name for name in names if reactions.is_called(name)]
    reacting, heard = _reacting(names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH written AS (INSERT INTO {Event.table()} (tenant_id, {_COLUMNS})"
            f"   SELECT %s, {_COLUMNS} FROM ({select}) AS found ({_COLUMNS}) RETURNING {_COLUMNS}),"
            f" marked AS (INSERT INTO {DirtyContact.table()} (tenant_id, contact_id, reason, marked_at)"
            f"   SELECT %s, contact_id, {_REASON}, now() FROM written){reacting}"
            f" SELECT {_COLUMNS} FROM written WHERE name = ANY (%s)",
            [require_tenant_id(), *params, require_tenant_id(), *heard, called],
        )
        told = cursor.fetchall() if called else []
    if told:
        reactions.react([_event(row) for row in told], ran_statements=True)


def _reacting(names: Collection[str]) -> tuple[str, list[Any]]:
    """The statements of rooms that react in SQL, as further parts of the WITH, and their parameters."""
    parts = ""
    params: list[Any] = []
    for number, (statement, heard) in enumerate(reactions.statements(names).items()):
        parts += (
            f", heard_{number} AS (SELECT DISTINCT %s::bigint AS tenant_id, contact_id FROM written"
            f" WHERE name = ANY (%s) AND contact_id IS NOT NULL)"
            f", reacted_{number} AS ({statement.format(heard=f'heard_{number}')})"
        )
        params += [require_tenant_id(), heard]
    return parts, params


# As contacts.events tells the segments why: the name, and which fields changed.
_REASON = (
    "left(name || CASE WHEN properties ? 'fields' THEN (SELECT coalesce(string_agg(' field:' || given, ''), '')"
    " FROM jsonb_array_elements_text(properties->'fields') AS given) ELSE '' END, 200)"
)


def _event(row: tuple[Any, ...]) -> events.NewEvent:
    name, contact_id, at, actor_id, source, source_id, object_type, object_id, properties = row
    return events.NewEvent(
        name,
        contact_id,
        at=at,
        actor_id=actor_id,
        source=source,
        source_id=source_id,
        object_type=object_type,
        object_id=object_id,
        properties=properties if isinstance(properties, dict) else orjson.loads(properties),
    )
