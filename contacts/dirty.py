"""Whose segments have to be looked at again: everything that changes a person marks them here.

The queue has no order and no unique key, so that marking never waits for a worker. The worker
takes rows in the transaction that brings the memberships up to date: a mark is never lost.

A mark may carry reasons, so that a segment can say why somebody came or left: names of events, and
``field:<name>`` for a detail that changed (``field:city``, ``field:f:tier`` for a custom one).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from contacts.models import DirtyContact
from ecrm.rowsets import id_array
from ecrm.tenancy.context import require_tenant_id

LONGEST = 200


def mark(contact_ids: Iterable[int], *, reason: str = "") -> None:
    """Queues these people, with one statement however many they are."""
    mark_each(dict.fromkeys(contact_ids, reason))


def mark_each(reasons: Mapping[int, str]) -> None:
    """Queues people, each with the reasons of their own (separated by spaces)."""
    if not reasons:
        return
    ids = sorted(reasons)
    words = {reason[:LONGEST] for reason in reasons.values()}
    one = words.pop() if len(words) == 1 else None
    rows, given = ("unnest(%s::bigint[]) AS id", [ids]) if one is not None else (_PAIRS, [ids, _in_order(ids, reasons)])
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {DirtyContact.table()} (tenant_id, contact_id, reason, marked_at)"
            f" SELECT %s, id, {'reason' if one is None else '%s'}, now() FROM {rows}",
            [require_tenant_id(), *([] if one is None else [one]), *given],
        )


_PAIRS = "unnest(%s::bigint[], %s::text[]) AS pair (id, reason)"


def _in_order(ids: list[int], reasons: Mapping[int, str]) -> list[str]:
    return [reasons[contact_id][:LONGEST] for contact_id in ids]


def mark_where(contacts: QuerySet[Any], *, reason: str = "") -> int:
    """Queues the people of a queryset without fetching them; answers how many."""
    sql, parameters = contacts.order_by().values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {DirtyContact.table()} (tenant_id, contact_id, reason, marked_at)"
            f" SELECT %s, found.id, %s, now() FROM ({sql}) AS found (id)",
            [require_tenant_id(), reason[:LONGEST], *parameters],
        )
        return int(cursor.rowcount)


def waiting(limit: int) -> dict[int, set[str]]:
    """The oldest marks with their reasons, left where they are: for a look at everybody that comes before theirs."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT contact_id, reason FROM {DirtyContact.table()} WHERE tenant_id = %s ORDER BY id LIMIT %s",
            [require_tenant_id(), limit],
        )
        return _by_person(cursor.fetchall())


def take(limit: int) -> tuple[dict[int, set[str]], bool]:
    """Removes up to ``limit`` marks; answers whose they were with all reasons, and whether more may wait."""
    # Two statements: the queue is vacuumed when it is empty, and a planner that believes it to be so
    # would join the marks with themselves one by one.
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, contact_id, reason FROM {DirtyContact.table()} WHERE tenant_id = %s"
            " ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED",
            [require_tenant_id(), limit],
        )
        rows = cursor.fetchall()
        cursor.execute(
            f"DELETE FROM {DirtyContact.table()} WHERE tenant_id = %s AND id = ANY (%s::bigint[])",
            [require_tenant_id(), id_array(row[0] for row in rows)],
        )
    return _by_person(row[1:] for row in rows), len(rows) == limit


def _by_person(rows: Iterable[tuple[int, str]]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    for contact_id, reason in rows:
        found[contact_id].update(reason.split())
    return dict(found)
