"""Whom to compare again: everybody whose details changed. Kept like the queue of segments (contacts.dirty)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import connection

from contacts.events import NewEvent
from contacts.models import UnmatchedContact
from ecrm.tenancy.context import require_tenant_id

# The reason with which segments hear that data quality was looked at, or judged by hand.
LOOKED_AT = "quality.looked_at"
# After these, what two people share may be different.
EVENTS = tuple(f"contact.{what}" for what in ("created", "changed", "binned", "restored", "merged", "separated"))

MARK = (
    f"INSERT INTO {UnmatchedContact.table()} (tenant_id, contact_id, marked_at)"
    " SELECT tenant_id, contact_id, now() FROM {heard}"
)


def mark(events: Sequence[NewEvent]) -> None:
    """The reaction to those events: one statement a batch."""
    mark_people(event.contact_id for event in events if event.contact_id is not None)


def mark_people(contact_ids: Iterable[int]) -> None:
    """People of whom something else changed that data quality looks at (an address was blocked)."""
    ids = sorted(set(contact_ids))
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {UnmatchedContact.table()} (tenant_id, contact_id, marked_at)"
                " SELECT %s, id, now() FROM unnest(%s::bigint[]) AS id",
                [require_tenant_id(), ids],
            )


def take(limit: int) -> tuple[list[int], bool]:
    """Removes up to ``limit`` marks; answers whose they were and whether more may wait."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH taken AS (SELECT id FROM {UnmatchedContact.table()} WHERE tenant_id = %s"
            "   ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)"
            f" DELETE FROM {UnmatchedContact.table()} mark USING taken"
            " WHERE mark.tenant_id = %s AND mark.id = taken.id RETURNING mark.contact_id",
            [require_tenant_id(), limit, require_tenant_id()],
        )
        rows = cursor.fetchall()
    return sorted({row[0] for row in rows}), len(rows) == limit
