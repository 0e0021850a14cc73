"""What happened with a company's people, as one history."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db.models import DateTimeField, ExpressionWrapper, F, OuterRef, Subquery, Value
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts import events, timeline
from contacts.events import EventKind
from contacts.facts import Fact
from contacts.models import Company, Contact, EmailAddress, Event
from ecrm.tenancy.models import Membership, User
from ecrm.ui.pages import Page, keyset_page

# The history of the most recently active of them: their events are read by person, and sorted.
PEOPLE_READ = 200
PEOPLE_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Happening:
    """Events of one person in a row, told as one: ``times`` of them where they read the same.

    ``at`` is the latest one's instant.
    """

    person_id: int
    person: str
    kind: EventKind
    sentence: str
    at: datetime
    actor: str
    times: int


@dataclass(frozen=True, slots=True)
class Day:
    date: str
    title: str
    items: Sequence[Happening]


@dataclass(frozen=True, slots=True)
class Told:
    page: Page[Any]
    days: Sequence[Day]

    @property
    def last_day(self) -> str:
        return self.days[-1].date if self.days else ""


def people(company: Company, membership: Membership) -> list[Any]:
    """Those a member may see, the most recently active first, at most ``PEOPLE_READ``.

    Rows of id, name, job_title, stage and email.
    """
    emails = EmailAddress.objects.filter(contact=OuterRef("pk")).order_by("-is_primary", "id")
    visible: Any = Contact.objects.visible_to(membership).unbinned().filter(company=company)
    found = visible.annotate(email=Subquery(emails.values("address")[:1])).order_by("-active_at", "-id")
    return list(found.values_list("id", "name", "job_title", "stage", "email", named=True)[:PEOPLE_READ])


def of(found: Sequence[Any], membership: Membership, *, cursor: str | None = None) -> Told:
    """One page of the events of these people that this member may see, newest first, in one query."""
    names = {person.id: person.name or person.email or _("Unnamed contact") for person in found}
    # Coming and going in segments would drown what people did: a segment moves many of them at once.
    hidden = [kind.name for kind in events.kinds() if kind.group == "segment" or not membership.may(kind.capability)]
    actor = User.objects.filter(pk=OuterRef("actor_id"))
    facts: Any = (
        Event.objects.filter(contact_id__in=list(names))
        .exclude(name__in=hidden)
        .annotate(actor_name=Subquery(actor.values("name")[:1]), actor_email=Subquery(actor.values("email")[:1]))
        .annotate(moment=_MOMENT)
        .values_list("id", *Fact._fields, "actor_name", "actor_email", "moment", named=True)
    )
    page: Page[Any] = keyset_page(facts, order=("-moment", "-id"), cursor=cursor, size=timeline.SIZE)
    return Told(page, list(_days(page.rows, names)))


# The instant itself, as something no index is sorted by: else the database would walk the history of
# everybody, newest first, until it has met thirty events of these few.
_MOMENT = ExpressionWrapper(F("occurred_at") + Value(timedelta(0)), DateTimeField())


def _days(facts: Sequence[Any], names: Mapping[int, str]) -> Iterator[Day]:
    for day, of_day in groupby(facts, key=lambda fact: timezone.localdate(fact.occurred_at)):
        yield Day(day.isoformat(), timeline.day_title(day, timezone.localdate()), list(_happenings(of_day, names)))


def _happenings(facts: Iterator[Any], names: Mapping[int, str]) -> Iterator[Happening]:
    """Folded as on a person's own page, the lines behind a folded one aside."""
    for (person_id, name, actor), run in groupby(facts, key=_telling):
        kind, person = events.shown_as(name), names[person_id]
        told = [(kind.sentence(fact), fact.occurred_at) for fact in run]
        if kind.folded and len(told) >= timeline.FOLDED_FROM and len({sentence for sentence, _at in told}) > 1:
            yield Happening(person_id, person, kind, kind.folded(len(told)), told[0][1], actor, 1)
            continue
        for sentence, alike in groupby(told, key=itemgetter(0)):
            same = list(alike)
            yield Happening(person_id, person, kind, sentence, same[0][1], actor, len(same))


def _telling(fact: Any) -> tuple[int, str, str]:
    return fact.contact_id, fact.name, fact.actor_name or fact.actor_email or ""
