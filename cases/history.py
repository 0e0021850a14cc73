"""What of a case goes into the person's history and into the audit: one function for each verb."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cases.models import Case
from contacts import dirty, events
from ecrm.audit import services as audit
from ecrm.tenancy.models import User

OPENED, ANSWERED, REPLIED = "case.opened", "case.answered", "case.replied"
ASSIGNED, SOLVED, REOPENED, CLOSED = "case.assigned", "case.solved", "case.reopened", "case.closed"
MERGED, PARTED, CHANGED = "case.merged", "case.parted", "case.changed"
SOURCE = "cases"


def tell(name: str, case: Case, *, by: User | None, at: datetime, key: str = "", **properties: Any) -> None:
    """Writes the event; for a case of nobody there is no history to write to."""
    if case.contact_id is not None:
        events.record_many([_event(name, case, by=by, at=at, key=key, **properties)])


def tell_each(name: str, cases: Sequence[tuple[Case, datetime]], **properties: Any) -> None:
    """``tell`` of many cases, each with its instant, of what customers did themselves."""
    told = [_event(name, case, by=None, at=at, **properties) for case, at in cases if case.contact_id is not None]
    events.record_many(told)


def _event(
    name: str, case: Case, *, by: User | None, at: datetime, key: str = "", **properties: Any
) -> events.NewEvent:
    return events.NewEvent(
        name,
        case.contact_id,
        at=at,
        actor_id=by.pk if by is not None else None,
        source=SOURCE,
        source_id=case.pk,
        key=key,
        campaign_id=case.campaign_id,
        object_type=case._meta.label_lower,
        object_id=case.pk,
        properties={"number": case.number, "subject": case.subject, **properties},
    )


def note(action: str, case: Case, *, by: User | None, fields: tuple[str, ...] = (), at: datetime | None = None) -> None:
    """Writes the audit of what a member did, and has the person's segments looked at again."""
    if case.contact_id is not None:
        dirty.mark([case.contact_id], reason=action)
    if by is not None:
        audit.record(action, by=by, subject=case, fields=fields, at=at)
