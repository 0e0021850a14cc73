"""The history of one person as their page tells it: newest first, by day, repeats folded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from contacts import events, history_rows
from contacts.events import EventKind
from contacts.history_rows import Names, Place, Row
from contacts.models import Contact
from ecrm.tenancy.models import Membership
from ecrm.ui import formats
from ecrm.ui.pages import Page, cursor_after, place_after

SIZE = 30
ORDER = ("-occurred_at", "-id")  # what a cursor belongs to
CUSTOM = "custom"


@dataclass(frozen=True, slots=True)
class Item:
    """``times`` events in a row that read the same; ``at`` is the latest one's instant."""

    kind: EventKind
    sentence: str
    at: datetime
    actor: str
    times: int


@dataclass(frozen=True, slots=True)
class Day:
    date: str
    title: str
    items: list[Item]


@dataclass(frozen=True, slots=True)
class Group:
    """One choice of the filter above the timeline; ``key`` is empty for all."""

    key: str
    label: str | Promise
    is_current: bool


@dataclass(frozen=True, slots=True)
class Timeline:
    page: Page[Any]
    days: list[Day]
    groups: list[Group]

    @property
    def last_day(self) -> str:
        return self.days[-1].date if self.days else ""


def of(contact: Contact, membership: Membership, *, group: str = "", cursor: str | None = None) -> Timeline:
    """One page of what this member may see of a person's history, in one query."""
    known = events.kinds()
    allowed = [kind for kind in known if membership.may(kind.capability)]
    before = _place(cursor)
    rows = history_rows.read(contact.pk, _asked(known, allowed, group), before=before, limit=SIZE + 1)
    shown = rows[:SIZE]
    page: Page[Any] = Page(
        shown,
        cursor_after(shown[-1].place, order=ORDER) if len(rows) > SIZE else None,
        cursor if before else None,
        is_reset=bool(cursor) and before is None,
    )
    return Timeline(page, list(_days(shown)), _groups(allowed, group))


def _place(cursor: str | None) -> Place | None:
    place = place_after(cursor, order=ORDER)
    return (place[0], place[1]) if place else None


def _asked(known: list[EventKind], allowed: list[EventKind], group: str) -> Names:
    """``CUSTOM`` is what other systems made up, which no room has registered; without a group it is there as well."""
    if group == CUSTOM:
        return Names([kind.name for kind in known], is_but=True)
    if group:
        return Names([kind.name for kind in allowed if kind.group == group])
    return Names([kind.name for kind in known if kind not in allowed], is_but=True)


def _days(rows: Iterable[Row]) -> Iterator[Day]:
    for day, of_day in groupby(rows, key=lambda row: timezone.localdate(row.fact.occurred_at)):
        yield Day(day.isoformat(), day_title(day), list(_items(of_day)))


def _items(rows: Iterable[Row]) -> Iterator[Item]:
    for (name, sentence, actor), alike in groupby(rows, key=_reading):
        same = list(alike)
        yield Item(events.shown_as(name), sentence, same[0].fact.occurred_at, actor, len(same))


def _reading(row: Row) -> tuple[str, str, str]:
    return row.fact.name, events.shown_as(row.fact.name).sentence(row.fact), row.actor


def day_title(day: date) -> str:
    noon = timezone.make_aware(datetime(day.year, day.month, day.day, 12))  # noqa: DTZ001
    words = formats.day(noon)
    today = timezone.localdate()
    if day == today:
        return _("Today, %(day)s") % {"day": words}
    if day == today - timedelta(days=1):
        return _("Yesterday, %(day)s") % {"day": words}
    return words


def _groups(allowed: list[EventKind], current: str) -> list[Group]:
    known = {kind.group for kind in allowed} | {CUSTOM}
    offered = [Group(key, label, key == current) for key, label in events.GROUPS.items() if key in known]
    return [Group("", _("All"), current not in known), *offered]
