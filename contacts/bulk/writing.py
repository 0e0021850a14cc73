"""Own fields of many people, by one statement, with their history; and back again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from contacts import events, provenance
from contacts.bulk_actions import SOURCE, Doing
from contacts.models import Contact, ContactChange
from contacts.provenance import NewChange
from contacts.services.searching import refresh_search
from ecrm.audit import services as audit
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import User

# The column and its type, by what a change calls it.
COLUMNS = {
    "stage": ("stage", "text"),
    "owner": ("owner_id", "bigint"),
    "company": ("company_id", "bigint"),
    "job_title": ("job_title", "text"),
    "language": ("language", "text"),
    "time_zone": ("time_zone", "text"),
    "country": ("country", "text"),
    "city": ("city", "text"),
    "source": ("source", "text"),
}
# What the search looks at.
_SEARCHED = frozenset({"company"})
Changed = list[tuple[int, Any, Any]]


def set_field(doing: Doing, ids: Sequence[int], key: str, value: Any) -> list[int]:
    """Gives people who are not in the bin this value; answers those it differed for."""
    column, kind = COLUMNS[key]
    changed = _update(
        f"UPDATE {Contact.table()} person SET {column} = %s::{kind}, updated_at = %s"
        " WHERE person.tenant_id = %s AND person.id = ANY (%s) AND person.binned_at IS NULL"
        f" AND person.{column} IS DISTINCT FROM %s::{kind} RETURNING person.id, old.{column}, new.{column}",
        [value, doing.at, require_tenant_id(), list(ids), value],
    )
    _tell(changed, key, SOURCE, doing.run.pk, by=doing.by, at=doing.at)
    return [contact_id for contact_id, _old, _new in changed]


def reset_field(doing: Doing, ids: Sequence[int], key: str) -> list[int]:
    """Gives people the value they had before the run, unless they have another by now than it gave them."""
    column, kind = COLUMNS[key]
    text = "(act.changes->%s->>{})::" + kind
    former, given = text.format(0), text.format(1)
    changed = _update(
        f"UPDATE {Contact.table()} person SET {column} = {former}, updated_at = now()"
        f"  FROM {ContactChange.table()} act"
        " WHERE person.tenant_id = %s AND person.id = ANY (%s) AND act.tenant_id = person.tenant_id"
        "   AND act.source_type = %s AND act.source_id = %s AND act.contact_id = person.id AND act.changes ? %s"
        f"  AND person.{column} IS NOT DISTINCT FROM {given}"
        f" RETURNING person.id, old.{column}, new.{column}",
        [key, require_tenant_id(), list(ids), SOURCE, doing.run.pk, key, key],
    )
    _tell(changed, key, "undo", None, by=doing.by, at=timezone.now())
    return [contact_id for contact_id, _old, _new in changed]


def changed_by(run_id: int, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """What a run changed of these people, as its changes say."""
    acts = ContactChange.objects.filter(source_type=SOURCE, source_id=run_id, contact_id__in=ids)
    return dict(acts.values_list("contact_id", "changes"))


def undo_grouped(
    acts: dict[int, dict[str, Any]], key: str, write: Callable[[list[int], Any, Any], Sequence[int]]
) -> list[int]:
    """Calls ``write(ids, old, new)`` once for all who had the same before and got the same."""
    groups: dict[str, tuple[list[int], Any, Any]] = {}
    for contact_id, changes in acts.items():
        if key in changes:
            old, new = changes[key]
            groups.setdefault(repr((old, new)), ([], old, new))[0].append(contact_id)
    return [pk for ids, old, new in groups.values() for pk in write(sorted(ids), old, new)]


def _update(sql: str, parameters: list[Any]) -> Changed:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def _tell(changed: Changed, key: str, source: str, source_id: int | None, *, by: User | None, at: datetime) -> None:
    if not changed:
        return
    ids = [contact_id for contact_id, _old, _new in changed]
    if key in _SEARCHED:
        refresh_search(ids)
    by_id = by.pk if by else None
    provenance.record(NewChange(pk, {key: (old, new)}, source, source_id, by_id, at) for pk, old, new in changed)
    if key == "stage":
        told = [
            events.NewEvent("contact.stage_changed", pk, at=at, actor_id=by_id, properties={"from": old, "to": new})
            for pk, old, new in changed
        ]
    else:
        told = [
            events.NewEvent("contact.changed", pk, at=at, actor_id=by_id, properties={"fields": [key]}) for pk in ids
        ]
    events.record_many(told)
    audit.record("contacts.changed", by=by, fields=[key], count=len(ids))
