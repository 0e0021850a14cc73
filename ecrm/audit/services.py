"""``record()`` and ``record_each()`` are the only ways into the audit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from django.utils import timezone

from ecrm.audit.models import AuditEntry

# The support visit this request belongs to; set by whoever let the visitor in.
current_visit_id: ContextVar[int | None] = ContextVar("current_visit_id", default=None)
# The API token whose request this is.
current_token_id: ContextVar[int | None] = ContextVar("current_token_id", default=None)


def record(
    action: str,
    *,
    by: Any,
    subject: Any = None,
    fields: Iterable[str] = (),
    count: int | None = None,
    reason: str = "",
    at: datetime | None = None,
) -> None:
    """Notes what ``by`` (a User, or None for the system) did to ``subject`` (a model row).

    ``action`` is ``noun.past_verb``. ``count`` is the number of rows of a bulk act.
    Must run inside a tenant.
    """
    _entry(action, by=by, subject=subject, fields=fields, count=count, reason=reason, at=at).save(force_insert=True)


def record_each(
    action: str,
    *,
    by: Any,
    subjects: Iterable[Any],
    at: datetime | Mapping[int, datetime] | None = None,
    fields: Mapping[int, Iterable[str]] | None = None,
) -> None:
    """``record()`` for each row, in one statement. ``fields`` are by the id of the row, ``at`` may be."""
    named = fields or {}
    AuditEntry.objects.bulk_create(
        [
            _entry(
                action,
                by=by,
                subject=subject,
                at=at[subject.pk] if isinstance(at, Mapping) else at,
                fields=named.get(subject.pk, ()),
            )
            for subject in subjects
        ]
    )


def _entry(
    action: str,
    *,
    by: Any,
    subject: Any = None,
    fields: Iterable[str] = (),
    count: int | None = None,
    reason: str = "",
    at: datetime | None = None,
) -> AuditEntry:
    return AuditEntry(
        at=at or timezone.now(),
        actor_id=by.pk if by is not None else None,
        action=action,
        subject_type=subject._meta.label_lower if subject is not None else "",
        subject_id=subject.pk if subject is not None else None,
        fields=sorted(fields),
        count=count,
        reason=reason,
        visit_id=current_visit_id.get(),
        token_id=current_token_id.get(),
    )
