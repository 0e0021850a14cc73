"""Whose segments have to be looked at again: everything that changes a person marks them here.

The queue has no order and no unique key, so that marking never waits for a worker. The worker
takes rows in the transaction that brings the memberships up to date: a mark is never lost.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from contacts.models import DirtyContact
from ecrm.tenancy.context import require_tenant_id


def mark(contact_ids: Iterable[int]) -> None:
    """Queues these people, with one statement however many they are."""
    ids = sorted(set(contact_ids))
    if not ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {DirtyContact.table()} (tenant_id, contact_id, marked_at)"
            " SELECT %s, id, now() FROM unnest(%s::bigint[]) AS id",
            [require_tenant_id(), ids],
        )


def mark_where(contacts: QuerySet[Any]) -> int:
    """Queues the people of a queryset without fetching them; answers how many."""
    sql, parameters = contacts.order_by().values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {DirtyContact.table()} (tenant_id, contact_id, marked_at)"
            f" SELECT %s, found.id, now() FROM ({sql}) AS found (id)",
            [require_tenant_id(), *parameters],
        )
        return int(cursor.rowcount)


def take(limit: int) -> tuple[list[int], bool]:
    """Removes up to ``limit`` marks; answers whose they were and whether more may wait."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH taken AS (SELECT id FROM {DirtyContact.table()} WHERE tenant_id = %s"
            "   ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)"
            f" DELETE FROM {DirtyContact.table()} mark USING taken"
            " WHERE mark.tenant_id = %s AND mark.id = taken.id RETURNING mark.contact_id",
            [require_tenant_id(), limit, require_tenant_id()],
        )
        rows = cursor.fetchall()
    return sorted({row[0] for row in rows}), len(rows) == limit
