"""Writing to the ledger: rows in one statement, and what the history hears of them."""

from __future__ import annotations

import json
from collections.abc import Sequence

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

from consent import purposes
from consent.models import Action, ConsentRecord
from contacts import events
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import User

GRANTED, WITHDRAWN, EXPIRED = "consent.granted", "consent.withdrawn", "consent.expired"
EVENTS = {
    Action.GRANTED.value: GRANTED,
    Action.WITHDRAWN.value: WITHDRAWN,
    Action.OBJECTED.value: WITHDRAWN,
    Action.EXPIRED.value: EXPIRED,
}


def append(records: Sequence[ConsentRecord], by: User | None) -> None:
    """Adds rows that ``services`` has judged, and their events. The state follows by trigger."""
    if records:
        _insert(records)
        _tell_history(records, by)


_COLUMNS = {
    "contact_id": "bigint",
    "purpose_id": "bigint",
    "channel": "text",
    "action": "text",
    "source": "text",
    "notice_id": "bigint",
    "evidence": "jsonb",
    "recorded_by_id": "bigint",
    "given_at": "timestamptz",
    "recorded_at": "timestamptz",
}


def _insert(records: Sequence[ConsentRecord]) -> None:
    """One statement for any number of rows, half the cost of ``bulk_create``; gives them their ids."""
    names = ", ".join(_COLUMNS)
    kinds = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
    rows = [{"n": n} | {name: getattr(each, name) for name in _COLUMNS} for n, each in enumerate(records)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {ConsentRecord.table()} (tenant_id, {names})"
            f" SELECT %s, {names} FROM jsonb_to_recordset(%s::jsonb) AS given (n bigint, {kinds}) ORDER BY n"
            " RETURNING id",
            [require_tenant_id(), json.dumps(rows, cls=DjangoJSONEncoder)],
        )
        for each, (pk,) in zip(records, cursor.fetchall(), strict=True):
            each.pk = pk


def _tell_history(records: Sequence[ConsentRecord], by: User | None) -> None:
    named = purposes.names()
    events.record_many([_event(record, named.get(record.purpose_id, ""), by) for record in records])


def _event(record: ConsentRecord, purpose_name: str, by: User | None) -> events.NewEvent:
    return events.NewEvent(
        name=EVENTS[record.action],
        contact_id=record.contact_id,
        at=record.given_at,
        actor_id=by.pk if by else None,
        source="consent",
        source_id=record.pk,
        campaign_id=record.evidence.get("campaign"),
        object_type=ConsentRecord._meta.label_lower,
        object_id=record.pk,
        properties={"purpose": record.purpose.key, "purpose_name": purpose_name, "source": record.source},
    )
