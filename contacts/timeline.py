"""The history of one person as their page tells it: newest first, by day, repeats folded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from contacts import events
from contacts.events import EventKind
from contacts.facts import Fact
from contacts.models import Contact, Event
from ecrm import prepared
from ecrm.tenancy.models import Membership, User
from ecrm.ui import formats
from ecrm.ui.pages import Page, keyset_page

SIZE = 30
ORDER = ("-occurred_at", "-id")
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
    allowed = [kind for kind in events.kinds() if membership.may(kind.capability)]
    facts: Any = _facts(contact, allowed, group).values_list(*_READ, named=True)
    page = keyset_page(facts, order=ORDER, cursor=cursor, size=SIZE, read=prepared.named_rows)
    return Timeline(page, list(_days(page.rows)), _groups(allowed, group))


# Rows with the names of an event's columns: a model for each of thirty would cost more than the query.
_READ = ["id", *Fact._fields, "actor_name", "actor_email"]


def _facts(contact: Contact, allowed: list[EventKind], group: str) -> QuerySet[Event]:
    """``CUSTOM`` is what other systems made up, which no room has registered; without a group it is there as well."""
    actor = User.objects.filter(pk=OuterRef("actor_id"))
    if group == CUSTOM:
        told = Event.objects.exclude(name__in=[kind.name for kind in events.kinds()])
    elif group:
        told = Event.objects.filter(name__in=[kind.name for kind in allowed if kind.group == group])
    else:
        told = Event.objects.exclude(name__in={kind.name for kind in events.kinds()} - {kind.name for kind in allowed})
    return told.filter(contact_id=contact.pk).annotate(
        actor_name=Subquery(actor.values("name")[:1]), actor_email=Subquery(actor.values("email")[:1])
    )


def _days(facts: Iterable[Any]) -> Iterator[Day]:
    for day, of_day in groupby(facts, key=lambda fact: timezone.localdate(fact.occurred_at)):
        yield Day(day.isoformat(), day_title(day), list(_items(of_day)))


def _items(facts: Iterable[Any]) -> Iterator[Item]:
    for (name, sentence, actor), alike in groupby(facts, key=_reading):
        same = list(alike)
        yield Item(events.shown_as(name), sentence, same[0].occurred_at, actor, len(same))


def _reading(fact: Any) -> tuple[str, str, str]:
    return fact.name, events.shown_as(fact.name).sentence(fact), fact.actor_name or fact.actor_email or ""


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
