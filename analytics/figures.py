"""The dashboard's figures. Each reads the history or the consent state; nothing is stored twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import BigIntegerField, Case, CharField, Count, Exists, OuterRef, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Cast, TruncMonth, TruncWeek
from django.utils import timezone

from consent import rules
from consent.models import Channel, Purpose
from contacts.models import Contact, EmailAddress, Event

MONTHS = 12
WEEKS = 12


@dataclass(frozen=True, slots=True)
class Growth:
    """People at the end of each month, oldest first, and how many of them joined in it."""

    months: Sequence[date]
    joined: Sequence[int]
    totals: Sequence[int]

    @property
    def total(self) -> int:
        return self.totals[-1]

    @property
    def joined_this_month(self) -> int:
        return self.joined[-1]


@dataclass(frozen=True, slots=True)
class Mailable:
    """People by whether one purpose may be used for them by e-mail; the parts add up to ``everyone``."""

    purpose: Purpose
    everyone: int
    may: int
    blocked: int
    no_address: int
    refused: int
    never_asked: int


@dataclass(frozen=True, slots=True)
class Sends:
    """The last twelve weeks of mail. ``clicked`` counts deliveries with a human click."""

    sent: int
    clicked: int
    unsubscribed: int
    bounced: int
    weeks: Sequence[date]
    sent_by_week: Sequence[int]
    clicked_by_week: Sequence[int]


@dataclass(frozen=True, slots=True)
class Visits:
    """The last twelve weeks of visits to the tenant's sites, of humans who said yes.

    ``people`` are known by name, ``browsers`` are not yet; ``views`` are all their page views.
    """

    people: int
    browsers: int
    views: int
    weeks: Sequence[date]
    views_by_week: Sequence[int]

    @property
    def is_any(self) -> bool:
        return self.views > 0


@dataclass(frozen=True, slots=True)
class Orders:
    """The last twelve weeks of orders in the tenant's currency, minor units."""

    count: int
    amount: int
    by_week: Sequence[int]


def growth(people: QuerySet[Contact], *, now: datetime | None = None) -> Growth:
    """``people`` are those the reader may see, so that figures and lists agree."""
    months = last_months(now or timezone.now(), MONTHS)
    start = timezone.make_aware(datetime.combine(months[0], datetime.min.time()))
    month_if_recent = Case(When(created_at__gte=start, then=TruncMonth("created_at")))
    rows = people.annotate(month=month_if_recent).order_by().values_list("month").annotate(joined=Count("pk"))
    by_month = {month.date() if month else None: joined for month, joined in rows}
    before = by_month.get(None, 0)
    joined = [by_month.get(month, 0) for month in months]
    totals = [before + sum(joined[: place + 1]) for place in range(len(joined))]
    return Growth(months, joined, totals)


def mailable(people: QuerySet[Contact], purpose: Purpose) -> Mailable:
    """One pass over the people; each falls into the first part that fits."""
    addresses = EmailAddress.objects.filter(contact=OuterRef("pk"), is_primary=True, binned_at=None)
    answered = rules.states(purpose).filter(contact=OuterRef("pk"))
    flags = people.annotate(
        has_address=Exists(addresses),
        is_blocked=Exists(addresses.filter(rules.suppressed(Channel.EMAIL))),
        is_allowed=Exists(Contact.objects.filter(rules.granted(purpose), pk=OuterRef("pk"))),
        has_answered=Exists(answered),
    ).values_list("has_address", "is_blocked", "is_allowed", "has_answered")
    # Grouped, not filtered: the database then looks once for each question, not once for each part.
    counted = dict.fromkeys(("everyone", "no_address", "blocked", "may", "refused", "never_asked"), 0)
    for *answers, count in flags.order_by().annotate(count=Count("pk")):
        counted["everyone"] += count
        counted[_part(*answers)] += count
    return Mailable(purpose=purpose, **counted)


def _part(has_address: bool, is_blocked: bool, is_allowed: bool, has_answered: bool) -> str:
    if not has_address:
        return "no_address"
    if is_blocked:
        return "blocked"
    if is_allowed:
        return "may"
    return "refused" if has_answered else "never_asked"


def part_of(purpose: Purpose, part: str) -> Q:
    """For people: those whom ``mailable`` counts under ``part``."""
    addresses = EmailAddress.objects.filter(contact=OuterRef("pk"), is_primary=True, binned_at=None)
    has_address = Q(Exists(addresses))
    is_blocked = Q(Exists(addresses.filter(rules.suppressed(Channel.EMAIL))))
    has_answered = Q(Exists(rules.states(purpose).filter(contact=OuterRef("pk"))))
    is_allowed = rules.granted(purpose)
    is_free = has_address & ~is_blocked
    return {
        "no_address": ~has_address,
        "blocked": is_blocked,
        "may": is_free & is_allowed,
        "refused": is_free & ~is_allowed & has_answered,
        "never_asked": is_free & ~is_allowed & ~has_answered,
    }[part]


def month_start(now: datetime | None = None) -> datetime:
    """When this month began in the reader's zone: who came since is ``joined_this_month``."""
    return timezone.localtime(now or timezone.now()).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def visits(people: QuerySet[Contact], weekly: Weekly) -> Visits:
    """``people`` are those behind the figure (``people_sets``), so that it and the list agree. Two queries."""
    viewed = recent(now=weekly.now).filter(name="page.viewed", contact_id=None)
    browsers = viewed.aggregate(count=Count("visitor_id", distinct=True))["count"]
    return Visits(people.count(), browsers, weekly.total("views"), weekly.weeks, weekly.of("views"))


def recent(*, now: datetime | None = None) -> QuerySet[Event]:
    """The history of the last twelve weeks, from a Monday."""
    return Event.objects.filter(occurred_at__gte=recent_start(now))


def recent_start(now: datetime | None = None) -> datetime:
    first = last_weeks(now or timezone.now(), WEEKS)[0]
    return timezone.make_aware(datetime.combine(first, datetime.min.time()))


class Weekly:
    """What happened in each of the last twelve weeks, by what it is: one query for all of it."""

    def __init__(self, currency: str = "", *, now: datetime | None = None) -> None:
        self.now = now or timezone.now()
        self.weeks = last_weeks(self.now, WEEKS)
        self._rows: dict[str, dict[date, tuple[int, int]]] = {}
        for key, week, count, amount in self._asked(currency):
            self._rows.setdefault(key, {})[week.date()] = (count, int(amount or 0))

    def of(self, key: str) -> list[int]:
        """Counts, oldest week first."""
        return [self._rows.get(key, {}).get(week, (0, 0))[0] for week in self.weeks]

    def total(self, key: str) -> int:
        return sum(count for count, _amount in self._rows.get(key, {}).values())

    def amounts(self, key: str) -> list[int]:
        """Minor units, oldest week first."""
        return [self._rows.get(key, {}).get(week, (0, 0))[1] for week in self.weeks]

    def total_amount(self, key: str) -> int:
        return sum(amount for _count, amount in self._rows.get(key, {}).values())

    def _asked(self, currency: str) -> QuerySet[Event, Any]:
        """Each part by itself in the one statement, so that each can use the index made for it."""
        events = recent(now=self.now)
        known = events.filter(contact_id__isnull=False)
        parts = {
            "sent": known.filter(name="email.sent"),
            "clicked": known.filter(name="email.clicked"),
            "unsubscribed": known.filter(name="email.unsubscribed"),
            "bounced": known.filter(name="email.bounced"),
            "views": events.filter(name="page.viewed"),
        }
        if currency:
            parts["orders"] = events.filter(name="order.placed", currency=currency)
        first, *others = [_by_week(key, happened) for key, happened in parts.items()]
        return first.union(*others, all=True)


def sends(weekly: Weekly) -> Sends:
    """One query: which deliveries have a human click."""
    clicks = recent(now=weekly.now).filter(name="email.clicked", contact_id__isnull=False)
    return Sends(
        sent=weekly.total("sent"),
        clicked=clicks.values("campaign_id", "contact_id").distinct().count(),
        unsubscribed=weekly.total("unsubscribed"),
        bounced=weekly.total("bounced"),
        weeks=weekly.weeks,
        sent_by_week=weekly.of("sent"),
        clicked_by_week=weekly.of("clicked"),
    )


def orders(weekly: Weekly) -> Orders:
    return Orders(weekly.total("orders"), weekly.total_amount("orders"), weekly.amounts("orders"))


def last_months(now: datetime, count: int) -> list[date]:
    """First days of the last ``count`` months in the reader's zone, oldest first."""
    month = timezone.localtime(now).date().replace(day=1)
    months = [month]
    while len(months) < count:
        months.append((months[-1] - timedelta(days=1)).replace(day=1))
    return months[::-1]


def last_weeks(now: datetime, count: int) -> list[date]:
    """Mondays of the last ``count`` weeks in the reader's zone, oldest first."""
    today = timezone.localtime(now).date()
    monday = today - timedelta(days=today.weekday())
    return [monday - timedelta(weeks=back) for back in range(count - 1, -1, -1)]


def _by_week(key: str, happened: QuerySet[Event]) -> QuerySet[Event, Any]:
    amount = Cast(Sum("amount") if key == "orders" else Value(None), BigIntegerField())
    weeks = happened.annotate(key=Value(key, output_field=CharField()), week=TruncWeek("occurred_at"))
    counted = weeks.order_by().values("key", "week").annotate(count=Count("id"), total=amount)
    return counted.values_list("key", "week", "count", "total")
