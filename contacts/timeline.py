"""The history of one person as their page tells it: newest first, by day, repeats folded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby, islice
from operator import attrgetter
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from contacts import event_facts, events, history_rows
from contacts.event_facts import Told
from contacts.events import EventKind, Link
from contacts.history_rows import Names, Place, Row
from contacts.models import Contact
from ecrm.search.matching import fold
from ecrm.tenancy.models import Membership
from ecrm.ui import formats
from ecrm.ui.pages import Page, cursor_after, place_after

SIZE = 30
SEARCHED = 2_000
FOLDED_FROM = 3
ORDER = ("-occurred_at", "-id")  # what a cursor belongs to
CUSTOM = "custom"


@dataclass(frozen=True, slots=True)
class Line:
    """One event of a folded item. ``fact`` is the event itself, or what stands for it."""

    sentence: str
    at: datetime
    link: Link | None
    fact: Any = None


@dataclass(frozen=True, slots=True)
class Item:
    """``times`` events in a row that read the same; ``at`` is the latest one's instant.

    Of several that do not, but are of one kind, ``lines`` holds each, and the sentence speaks of all.
    Without a ``link`` the item opens itself with its ``facts``. ``excerpt`` is where a search found its
    words, in a text that the sentence does not give in full.
    """

    kind: EventKind
    sentence: str
    at: datetime
    actor: str
    times: int
    link: Link | None = None
    lines: Sequence[Line] = ()
    facts: Sequence[Told] = ()
    excerpt: str = ""


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
    """``reached`` is how far back a search has looked, None when it saw all there is."""

    page: Page[Any]
    days: list[Day]
    groups: list[Group]
    term: str = ""
    reached: datetime | None = None

    @property
    def last_day(self) -> str:
        return self.days[-1].date if self.days else ""


def of(
    contact: Contact, membership: Membership, *, group: str = "", cursor: str | None = None, term: str = ""
) -> Timeline:
    """One page of what this member may see of a person's history, in one query.

    With a ``term`` only what holds all its words, among the ``SEARCHED`` events from the cursor back.
    """
    known = events.kinds()
    allowed = [kind for kind in known if membership.may(kind.capability)]
    before = _place(cursor)
    most = SEARCHED if term else SIZE
    asked = _asked(known, allowed, group)
    rows = history_rows.read(contact.pk, asked, before=before, limit=most + 1, has_texts=bool(term))
    shown = list(islice(_holding(rows[:most], term), SIZE + 1)) if term else rows
    is_capped = len(rows) > most and len(shown) <= SIZE and bool(term)
    last = rows[most - 1] if is_capped else shown[SIZE - 1] if len(shown) > SIZE else None
    page: Page[Any] = Page(
        shown[:SIZE],
        cursor_after(last.place, order=ORDER) if last else None,
        cursor if before else None,
        is_reset=bool(cursor) and before is None,
    )
    reached = last.fact.occurred_at if last and is_capped else None
    return Timeline(page, list(_days(page.rows, membership)), _groups(allowed, group), term, reached)


def _holding(rows: Iterable[Row], term: str) -> Iterator[Row]:
    words = fold(term).split()
    for row in rows:
        told = fold(" ".join(_said(row)))
        if all(word in told for word in words):
            yield _with_excerpt(row, words)


def _said(row: Row) -> Iterator[str]:
    """What a reader may remember of an event: its sentence, its kind, who did it, and what was reported of it."""
    kind = events.shown_as(row.fact.name)
    yield from (kind.sentence(row.fact), str(kind.title), row.actor)
    yield from (value for value in row.fact.properties.values() if isinstance(value, str))


def _with_excerpt(row: Row, words: Sequence[str]) -> Row:
    """With the place in its text where the words are, when the sentence does not hold them all."""
    text = row.fact.properties.get(history_rows.TEXT) or row.fact.properties.get(history_rows.WORDS, "")
    said = fold(events.shown_as(row.fact.name).sentence(row.fact))
    missing = [word for word in words if word not in said]
    if not (text and missing):
        return row
    return row._replace(fact=row.fact._replace(properties={**row.fact.properties, "excerpt": excerpt(text, missing)}))


def excerpt(text: str, words: Sequence[str], *, around: int = 90) -> str:
    """The part of a text about the first of some folded words, on one line. Empty when none is there."""
    line = " ".join(text.split())
    # Folding may lengthen or shorten a letter: places are found letter by letter.
    folded = [fold(letter) for letter in line]
    flat = "".join(folded)
    found = min((place for word in words if (place := flat.find(word)) >= 0), default=-1)
    if found < 0:
        return ""
    length, start = 0, 0
    for start, letters in enumerate(folded):  # noqa: B007
        if length >= found:
            break
        length += len(letters)
    first, last = max(start - around, 0), start + around
    return f"{'… ' if first else ''}{line[first:last].strip()}{' …' if last < len(line) else ''}"


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


def _days(rows: Iterable[Row], membership: Membership) -> Iterator[Day]:
    zone = timezone.get_current_timezone()
    today = timezone.localdate()
    for day, of_day in groupby(rows, key=lambda row: row.fact.occurred_at.astimezone(zone).date()):
        yield Day(day.isoformat(), day_title(day, today), list(_items(of_day, membership)))


def _items(rows: Iterable[Row], membership: Membership) -> Iterator[Item]:
    for (name, actor), run in groupby(rows, key=lambda row: (row.fact.name, row.actor)):
        kind = events.shown_as(name)
        told = [_line(kind, row.fact, membership) for row in run]
        if kind.folded and len(told) >= FOLDED_FROM and len({line.sentence for line in told}) > 1:
            yield Item(kind, kind.folded(len(told)), told[0].at, actor, 1, None, told)
            continue
        for sentence, alike in groupby(told, key=attrgetter("sentence")):
            same = list(alike)
            first = same[0]
            facts = () if first.link else event_facts.of(first.fact)
            excerpt = first.fact.properties.get("excerpt", "") if first.fact.object_id else ""
            yield Item(kind, sentence, first.at, actor, len(same), first.link, facts=facts, excerpt=excerpt)


def _line(kind: EventKind, fact: Any, membership: Membership) -> Line:
    is_open = kind.link and (not kind.link_capability or membership.may(kind.link_capability))
    return Line(kind.sentence(fact), fact.occurred_at, kind.link(fact) if kind.link and is_open else None, fact)


def day_title(day: date, today: date) -> str:
    words = formats.date_words(day, year=abs(today - day) > formats.YEAR_SHOWN_AFTER)
    if day == today:
        return _("Today, %(day)s") % {"day": words}
    if day == today - timedelta(days=1):
        return _("Yesterday, %(day)s") % {"day": words}
    return words


def _groups(allowed: list[EventKind], current: str) -> list[Group]:
    known = {kind.group for kind in allowed} | {CUSTOM}
    offered = [Group(key, label, key == current) for key, label in events.GROUPS.items() if key in known]
    return [Group("", _("All"), current not in known), *offered]
