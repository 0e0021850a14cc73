"""Conditions about dates of the person: known since, last active, birthday."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from contacts import criteria
from contacts.criteria import Criterion, Operator, Options, Scope, Text, Window
from contacts.models import Contact
from contacts.segments.attributes import IS_KNOWN, IS_NOT_KNOWN
from contacts.segments.inputs import Choices, Day, Number, days, shown_day, start_of
from ecrm.ui import formats

MOST_DAYS_AHEAD = 90
MOST_YEARS = 130


def register() -> None:
    _register_instant("created_at", gettext_lazy("Known since"), can_be_never=False)
    _register_instant("last_active_at", gettext_lazy("Last active"), can_be_never=True)
    _register_instant("updated_at", gettext_lazy("Last changed"), can_be_never=False)
    _register_birthday()


def _register_instant(name: str, label: Text, *, can_be_never: bool) -> None:
    def compile_(operator: str, value: Any, scope: Scope) -> Q:
        return _instant(name, operator, value, scope)

    def explain(contact: Contact, operator: str, value: Any, scope: Scope) -> str:
        stored = getattr(contact, name)
        return formats.full(stored) if stored else _("Never")

    def crossed(operator: str, value: Any, since: datetime, until: datetime, scope: Scope) -> Q | None:
        if operator not in _MOVING:
            return None
        window = timedelta(days=value)
        return Q(**{f"{name}__gte": since - window, f"{name}__lte": until - window})

    def next_at(operator: str, value: Any, scope: Scope) -> datetime | None:
        if operator not in _MOVING:
            return None
        people = Contact.objects.filter(**{"binned_at": None, f"{name}__gte": scope.ago(value)})
        oldest = people.order_by(name).values_list(name, flat=True).first()
        return oldest + timedelta(days=value) if oldest else None

    never = Operator("never", gettext_lazy("is never"), gettext_lazy("%(field)s: never"))
    operators = (*_instant_operators(), never) if can_be_never else _instant_operators()
    criteria.register(
        Criterion(name, label, "person", operators, compile_, explain, Window(crossed, next_at), moved_by=_CONDUCT)
    )


_CONDUCT = ("order.", "page.", "email.", "form.", "visit.", "case.")
_MOVING = ("in_last", "not_in_last")


def _instant(name: str, operator: str, value: Any, scope: Scope) -> Q:
    if operator == "in_last":
        return Q(**{f"{name}__gte": scope.ago(value), f"{name}__isnull": False})
    if operator == "not_in_last":
        return Q(**{f"{name}__lt": scope.ago(value)}) | Q(**{f"{name}__isnull": True})
    if operator == "from":
        return Q(**{f"{name}__gte": start_of(value, scope), f"{name}__isnull": False})
    if operator == "before":
        return Q(**{f"{name}__lt": start_of(value, scope), f"{name}__isnull": False})
    return Q(**{f"{name}__isnull": True})


def _instant_operators() -> tuple[Operator, ...]:
    number = days("days", gettext_lazy("Days"), initial=30, after=gettext_lazy("days"))
    day = Day("day", gettext_lazy("Date"))
    return (
        Operator(
            "in_last",
            gettext_lazy("in the last"),
            ngettext_lazy("%(field)s in the last %(days)s day", "%(field)s in the last %(days)s days", "days"),
            (number,),
        ),
        Operator(
            "not_in_last",
            gettext_lazy("not in the last"),
            ngettext_lazy("%(field)s not in the last %(days)s day", "%(field)s not in the last %(days)s days", "days"),
            (number,),
        ),
        Operator("from", gettext_lazy("on or after"), gettext_lazy("%(field)s on or after %(day)s"), (day,)),
        Operator("before", gettext_lazy("before"), gettext_lazy("%(field)s before %(day)s"), (day,)),
    )


def months() -> Options:
    names = formats.locale().months["stand-alone"]["wide"]
    return [(number, names[number]) for number in range(1, 13)]


def _register_birthday() -> None:
    ahead = Number(
        "days", gettext_lazy("Days"), after=gettext_lazy("days"), initial=7, lowest=0, highest=MOST_DAYS_AHEAD
    )
    operators = (
        Operator(
            "in_next",
            gettext_lazy("in the next"),
            ngettext_lazy("%(field)s in the next %(days)s day", "%(field)s in the next %(days)s days", "days"),
            (ahead,),
        ),
        Operator(
            "in_month",
            gettext_lazy("is in"),
            gettext_lazy("%(field)s is in %(value)s"),
            (Choices("value", gettext_lazy("Month"), months, of=int),),
        ),
        Operator(
            "aged",
            gettext_lazy("age is between"),
            gettext_lazy("Age is between %(lowest)s and %(highest)s years"),
            (_years("lowest", 18, gettext_lazy("and")), _years("highest", 25, gettext_lazy("years"))),
        ),
        Operator("born_from", gettext_lazy("on or after"), gettext_lazy("%(field)s on or after %(day)s"), (_DAY,)),
        Operator("born_before", gettext_lazy("before"), gettext_lazy("%(field)s before %(day)s"), (_DAY,)),
        IS_KNOWN,
        IS_NOT_KNOWN,
    )
    window = Window(_birthdays_crossed, _next_midnight)
    criteria.register(
        Criterion("birthday", gettext_lazy("Birthday"), "person", operators, _birthday, _explain_birthday, window)
    )


_DAY = Day("day", gettext_lazy("Date"))


def _years(name: str, initial: int, after: Text) -> Number:
    return Number(name, gettext_lazy("Years"), after=after, initial=initial, lowest=0, highest=MOST_YEARS)


def _aged(lowest: int, highest: int, scope: Scope) -> Q:
    """Whoever has had as many birthdays, and not one more."""
    today = _today(scope.now, scope)
    youngest, oldest = _years_before(today, lowest), _years_before(today, highest + 1)
    return Q(birthday__lte=youngest, birthday__gt=oldest, birthday__isnull=False)


def _years_before(day: date, years: int) -> date:
    """Whoever was born on the 29th of February has their birthday on the 28th in short years."""
    year = max(day.year - years, 1)
    is_eve = (day.month, day.day) == (2, 28) and not _is_leap(day)
    if is_eve and _is_leap(date(year, 1, 1)):
        return date(year, 2, 29)
    return (
        day.replace(year=year) if (day.month, day.day) != (2, 29) or _is_leap(date(year, 1, 1)) else date(year, 2, 28)
    )


def _age(birthday: date, today: date) -> int:
    years = (each for each in range(MOST_YEARS) if _years_before(today, each + 1) < birthday)
    return next(years, MOST_YEARS)


def _birthday(operator: str, value: Any, scope: Scope) -> Q:
    if operator == "in_next":
        today = _today(scope.now, scope)
        return _born_on(today + timedelta(days=ahead) for ahead in range(value + 1))
    if operator == "in_month":
        return Q(birthday__month__in=value, birthday__isnull=False)
    if operator == "aged":
        lowest, highest = sorted((value["lowest"], value["highest"]))
        return _aged(lowest, highest, scope)
    if operator in ("born_from", "born_before"):
        lookup = "gte" if operator == "born_from" else "lt"
        return Q(**{f"birthday__{lookup}": value, "birthday__isnull": False})
    return Q(birthday__isnull=operator == "unknown")


def _explain_birthday(contact: Contact, operator: str, value: Any, scope: Scope) -> str:
    if contact.birthday is None:
        return _("not known")
    if operator == "aged":
        age = _age(contact.birthday, _today(scope.now, scope))
        return ngettext("%(years)s year", "%(years)s years", age) % {"years": age}
    return shown_day(contact.birthday)


def _birthdays_crossed(operator: str, value: Any, since: datetime, until: datetime, scope: Scope) -> Q | None:
    if operator not in ("in_next", "aged"):
        return None
    first, last = _today(since, scope), _today(until, scope)
    passed = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    if operator == "aged":
        return _born_on(passed)
    return _born_on([*passed, *(day + timedelta(days=value) for day in passed)])


def _next_midnight(operator: str, value: Any, scope: Scope) -> datetime | None:
    if operator not in ("in_next", "aged"):
        return None
    tomorrow = _today(scope.now, scope) + timedelta(days=1)
    return start_of(tomorrow.isoformat(), scope)


def _born_on(days: Any) -> Q:
    """Birthdays celebrated on these days; the 29th of February on the 28th in short years."""
    by_month: dict[int, set[int]] = {}
    for day in days:
        by_month.setdefault(day.month, set()).add(day.day)
        if (day.month, day.day) == (2, 28) and not _is_leap(day):
            by_month[2].add(29)
    found = Q(pk__in=[])
    for month, numbers in by_month.items():
        found |= Q(birthday__month=month, birthday__day__in=sorted(numbers), birthday__isnull=False)
    return found


def _is_leap(day: date) -> bool:
    return (date(day.year, 12, 31) - date(day.year, 1, 1)).days == 365


def _today(instant: datetime, scope: Scope) -> date:
    return timezone.localtime(instant, scope.zone).date()
