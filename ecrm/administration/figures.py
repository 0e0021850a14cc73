"""How much each workspace holds, for the platform's pages. The room that owns the people says in which table."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

from ecrm.tenancy.scoping import TenantModel
from ecrm.ui.formats import number

EXACT_TO = 10_000
_people: list[type[TenantModel]] = []


def register_people(model: type[TenantModel]) -> None:
    _people[:] = [model]


def people(tenant_ids: Iterable[int]) -> dict[int, str]:
    """In words by tenant, in one query; past ``EXACT_TO`` what the planner expects."""
    ids = list(tenant_ids)
    if not ids or not _people:
        return {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM tenant_rows(%s::regclass, %s, %s)", [_people[0]._meta.db_table, ids, EXACT_TO])
        return {tenant_id: f"≈ {number(found)}" if about else number(found) for tenant_id, found, about in cursor}
