"""Moving people to a stage, many at once."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from contacts import events, provenance
from contacts.models import Contact
from contacts.models.people import Stage
from ecrm.audit import services as audit
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import User


@transaction.atomic
def set_stage(
    *,
    contact_ids: Collection[int],
    stage: str,
    by: User | None,
    only_from: Collection[str] = (),
    via: str = "",
    via_id: int | None = None,
    at: datetime | None = None,
) -> list[int]:
    """Moves those who are not there yet and not in the bin, set-based; answers whom it moved.

    ``only_from`` keeps it to people of these stages. ``via`` "rule" with ``via_id`` is a stage rule.
    """
    at = at or timezone.now()
    moved = _move(contact_ids, Stage(stage), only_from, at)
    if not moved:
        return []
    actor_id = by.pk if by else None
    origin = via or ("web" if by else "system")
    provenance.record(
        provenance.NewChange(pk, {"stage": (old, stage)}, origin, via_id, by_id=actor_id, at=at)
        for pk, old in moved.items()
    )
    rule = {"rule_id": via_id} if via == "rule" else {}
    events.record_many(
        [
            events.NewEvent(
                "contact.stage_changed", pk, at=at, actor_id=actor_id, properties={"from": old, "to": stage, **rule}
            )
            for pk, old in moved.items()
        ]
    )
    if by is not None:
        audit.record("contact.stage_changed", by=by, count=len(moved), fields=["stage"], at=at)
    return list(moved)


def _move(contact_ids: Collection[int], stage: Stage, only_from: Collection[str], at: datetime) -> dict[int, str]:
    """The former stage by id, of those who moved."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH moving AS ("
            f"  SELECT id, stage FROM {Contact.table()} WHERE tenant_id = %(tenant)s AND id = ANY (%(ids)s)"
            "     AND stage <> %(stage)s AND (%(anywhere)s OR stage = ANY (%(only_from)s)) AND binned_at IS NULL"
            "   ORDER BY id FOR NO KEY UPDATE)"
            f" UPDATE {Contact.table()} person SET stage = %(stage)s, updated_at = %(at)s FROM moving"
            " WHERE person.tenant_id = %(tenant)s AND person.id = moving.id RETURNING person.id, moving.stage",
            {
                "tenant": require_tenant_id(),
                "ids": list(contact_ids),
                "stage": stage.value,
                "anywhere": not only_from,
                "only_from": list(only_from),
                "at": at,
            },
        )
        return dict(cursor.fetchall())
