"""Finding entries: by person, action, time and subject, and writing them down for an export."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Self

from django.db.models import F, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleLessThan
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from ecrm.audit import words
from ecrm.audit.models import AuditEntry
from ecrm.tenancy.models import User

SYSTEM = "system"
ORDER = ("-at", "-id")


@dataclass(frozen=True, slots=True)
class Search:
    """``person`` is a user's id or ``system``; ``subject`` is "app.model:id" or "app.model"; the days count whole."""

    person: str = ""
    action: str = ""
    since: str = ""
    until: str = ""
    subject: str = ""

    @classmethod
    def of(cls, given: Any) -> Self:
        """From a query string or a stored mapping; what cannot be read is left out."""
        person = str(given.get("person", ""))[:18]
        return cls(
            person=person if person == SYSTEM or person.isdecimal() else "",
            action=str(given.get("action", ""))[:60],
            since=_day_text(given.get("since")),
            until=_day_text(given.get("until")),
            subject=str(given.get("subject", ""))[:80],
        )

    def as_query(self, **changes: str) -> dict[str, str]:
        return {name: value for name, value in {**asdict(self), **changes}.items() if value}

    def entries(self) -> QuerySet[AuditEntry]:
        """Newest first."""
        found = AuditEntry.objects.order_by(*ORDER)
        if self.person:
            found = found.filter(actor_id=None if self.person == SYSTEM else int(self.person))
        if self.action:
            found = found.filter(action=self.action)
        if self.since:
            found = found.filter(at__gte=_start_of(parse_date(self.since)))
        if self.until:
            found = found.filter(at__lt=_start_of(parse_date(self.until), days=1))
        return _about(found, self.subject) if self.subject else found


def people(entries: list[AuditEntry]) -> dict[int, User]:
    """Who acted, in one query; people who left the workspace are still known by name."""
    return User.objects.in_bulk({entry.actor_id for entry in entries if entry.actor_id})


def as_csv(search: Search, *, size: int = 2000) -> Iterator[tuple[bytes, int]]:
    """Chunks of a CSV file and how many entries each holds, oldest last."""
    yield _csv_lines([[_("When"), _("Person"), _("Action"), _("Name of the action"), _("Subject"), _("Id"), _("Fields"),
                       _("Count"), _("Reason")]]), 0  # fmt: skip
    last: tuple[datetime, int] | None = None
    while rows := _after(search.entries(), last, size):
        names = people(rows)
        yield _csv_lines([_csv_row(row, names) for row in rows]), len(rows)
        last = (rows[-1].at, rows[-1].pk)


def _after(entries: QuerySet[AuditEntry], last: tuple[datetime, int] | None, size: int) -> list[AuditEntry]:
    if last is not None:
        entries = entries.filter(TupleLessThan(Tuple(F("at"), F("id")), last))
    return list(entries[:size])


def _csv_row(entry: AuditEntry, names: dict[int, User]) -> list[str]:
    person = names.get(entry.actor_id) if entry.actor_id else None
    return [
        entry.at.isoformat(),
        person.email if person else str(entry.actor_id or _("System")),
        words.action_label(entry.action),
        entry.action,
        words.subject_label(entry.subject_type) if entry.subject_type else "",
        str(entry.subject_id or ""),
        " ".join(entry.fields),
        "" if entry.count is None else str(entry.count),
        entry.reason,
    ]


def _csv_lines(rows: list[list[str]]) -> bytes:
    """A cell that a spreadsheet would take for a formula is given a quote in front."""
    text = io.StringIO()
    safe = [[f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell for cell in row] for row in rows]
    csv.writer(text).writerows(safe)
    return text.getvalue().encode()


def _about(entries: QuerySet[AuditEntry], subject: str) -> QuerySet[AuditEntry]:
    subject_type, _colon, subject_id = subject.partition(":")
    entries = entries.filter(subject_type=subject_type)
    return entries.filter(subject_id=int(subject_id[:18])) if subject_id.isdecimal() else entries


def _day_text(value: Any) -> str:
    try:
        found = parse_date(str(value or ""))
    except ValueError:
        found = None
    return found.isoformat() if found else ""


def _start_of(day: date | None, *, days: int = 0) -> datetime:
    assert day is not None
    try:
        return timezone.make_aware(datetime.combine(day + timedelta(days=days), time()))
    except OverflowError:
        return timezone.make_aware(datetime.combine(day, time.max))
