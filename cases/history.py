"""What of a case goes into the person's history and into the audit: one function for each verb."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cases.models import Case
from contacts import dirty, events
from ecrm.audit import services as audit
from ecrm.tenancy.models import User

OPENED, ANSWERED, REPLIED = "case.opened", "case.answered", "case.replied"
ASSIGNED, SOLVED, REOPENED, CLOSED = "case.assigned", "case.solved", "case.reopened", "case.closed"
CHANGED = "case.changed"
SOURCE = "cases"


def tell(name: str, case: Case, *, by: User | None, at: datetime, key: str = "", **properties: Any) -> None:
    """Writes the event; for a case of nobody there is no history to write to."""
    if case.contact_id is None:
        return
    events.record(
        name,
        contact=case.contact,
        by=by,
        at=at,
        source=SOURCE,
        source_id=case.pk,
        key=key,
        campaign_id=case.campaign_id,
        subject=case,
        properties={"number": case.number, "subject": case.subject, **properties},
    )


def note(action: str, case: Case, *, by: User | None, fields: tuple[str, ...] = (), at: datetime | None = None) -> None:
    """Writes the audit of what a member did, and has the person's segments looked at again."""
    if case.contact_id is not None:
        dirty.mark([case.contact_id])
    if by is not None:
        audit.record(action, by=by, subject=case, fields=fields, at=at)
