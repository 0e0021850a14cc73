"""The dashboard's figures. Each reads the history or the consent state; nothing is stored twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth, TruncWeek
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
    before = people.filter(created_at__lt=start).count()
    rows = (
        people.filter(created_at__gte=start)
        .annotate(month=TruncMonth("created_at"))
        .order_by()
        .values_list("month")
        .annotate(joined=Count("pk"))
    )
    by_month = {month.date(): joined for month, joined in rows}
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


def allowing(purpose: Purpose) -> Q:
    """For people: those whom ``mailable`` counts under ``may``."""
    addresses = EmailAddress.objects.filter(contact=OuterRef("pk"), is_primary=True, binned_at=None)
    is_blocked = Exists(addresses.filter(rules.suppressed(Channel.EMAIL)))
    return Q(Exists(addresses)) & ~Q(is_blocked) & rules.granted(purpose)


def visits(people: QuerySet[Contact], *, now: datetime | None = None) -> Visits:
    """``people`` are those behind the figure (``people_sets``), so that it and the list agree."""
    weeks = last_weeks(now or timezone.now(), WEEKS)
    viewed = recent(now=now).filter(name="page.viewed")
    unknown = Q(contact_id=None)
    counted = viewed.aggregate(views=Count("id"), browsers=Count("visitor_id", filter=unknown, distinct=True))
    return Visits(people.count(), counted["browsers"], counted["views"], weeks, _by_week(viewed, weeks))


def recent(*, now: datetime | None = None) -> QuerySet[Event]:
    """The history of the last twelve weeks, from a Monday."""
    return Event.objects.filter(occurred_at__gte=recent_start(now))


def recent_start(now: datetime | None = None) -> datetime:
    first = last_weeks(now or timezone.now(), WEEKS)[0]
    return timezone.make_aware(datetime.combine(first, datetime.min.time()))


def sends(*, now: datetime | None = None) -> Sends:
    weeks = last_weeks(now or timezone.now(), WEEKS)
    start = timezone.make_aware(datetime.combine(weeks[0], datetime.min.time()))
    mail = Event.objects.filter(occurred_at__gte=start, contact_id__isnull=False)
    clicks = mail.filter(name="email.clicked").values("campaign_id", "contact_id").distinct()
    return Sends(
        sent=mail.filter(name="email.sent").count(),
        clicked=clicks.count(),
        unsubscribed=mail.filter(name="email.unsubscribed").count(),
        bounced=mail.filter(name="email.bounced").count(),
        weeks=weeks,
        sent_by_week=_by_week(mail.filter(name="email.sent"), weeks),
        clicked_by_week=_by_week(mail.filter(name="email.clicked"), weeks),
    )


def orders(currency: str, *, now: datetime | None = None) -> Orders:
    weeks = last_weeks(now or timezone.now(), WEEKS)
    start = timezone.make_aware(datetime.combine(weeks[0], datetime.min.time()))
    placed = Event.objects.filter(name="order.placed", occurred_at__gte=start, currency=currency)
    total = placed.aggregate(count=Count("id"), amount=Sum("amount"))
    rows = placed.annotate(week=TruncWeek("occurred_at")).order_by().values_list("week").annotate(amount=Sum("amount"))
    by_week = {week.date(): int(amount or 0) for week, amount in rows}
    return Orders(total["count"], int(total["amount"] or 0), [by_week.get(week, 0) for week in weeks])


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


def _by_week(happened: QuerySet[Event], weeks: Sequence[date]) -> list[int]:
    rows = happened.annotate(week=TruncWeek("occurred_at")).order_by().values_list("week").annotate(count=Count("id"))
    counts = {week.date(): count for week, count in rows}
    return [counts.get(week, 0) for week in weeks]
