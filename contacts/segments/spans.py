"""When something must have happened: in the last days, between dates, soon after joining."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy, ngettext_lazy

from contacts.criteria import Operator, Scope
from contacts.models import Contact
from contacts.segments import details
from contacts.segments.inputs import Day, Number, days, start_of


@dataclass(frozen=True, slots=True)
class Span:
    """``since`` inclusive, ``until`` exclusive; ``after_joining`` counts days from each person's first."""

    since: datetime | None = None
    until: datetime | None = None
    after_joining: int | None = None

    def for_person(self, contact: Contact) -> Span:
        """The same with instants, for one person."""
        if self.after_joining is None:
            return self
        until = contact.created_at + timedelta(days=self.after_joining)
        return replace(self, since=contact.created_at, until=until, after_joining=None)


DENIALS = frozenset({"not_in_last", "not_between", "not_before", "not_since", "not_after_joining", "never"})


def of(operator: str, value: Any, scope: Scope) -> Span:
    """``value`` without extras."""
    if operator in ("in_last", "not_in_last"):
        return Span(since=scope.ago(value))
    if operator == "at_least":
        return Span(since=scope.ago(value["days"]))
    if operator == "last_between":
        nearest, farthest = sorted((value["nearest"], value["farthest"]))
        return Span(scope.ago(farthest), scope.ago(nearest))
    if operator in ("between", "not_between"):
        first, last = sorted((value["first"], value["last"]))
        return Span(start_of(first, scope), start_of(last, scope, days_later=1))
    if operator in ("before", "not_before"):
        return Span(until=start_of(value, scope))
    if operator in ("since", "not_since"):
        return Span(since=start_of(value, scope))
    return Span(after_joining=value) if operator in ("after_joining", "not_after_joining") else Span()


def times(operator: str, value: Any, more: dict[str, Any]) -> int:
    """How often it must have happened."""
    return int(value["times"] if operator == "at_least" else more.get("times") or 1)


def windows(operator: str, value: Any) -> list[int]:
    """After how many days an event begins or ceases to count."""
    bare = value["of"] if isinstance(value, dict) and "of" in value else value
    if operator in ("in_last", "not_in_last"):
        return [bare]
    if operator == "at_least":
        return [bare["days"]]
    return [bare["nearest"], bare["farthest"]] if operator == "last_between" else []


_DAYS = days("days", gettext_lazy("Days"), initial=90, after=gettext_lazy("days"))
_DAY = Day("day", gettext_lazy("Date"))
_BETWEEN = (
    Day("first", gettext_lazy("First day"), after=gettext_lazy("and")),
    Day("last", gettext_lazy("Last day")),
)
_JOINING = days("days", gettext_lazy("Days"), initial=30, after=gettext_lazy("days of joining"))
_WITH = details.EXTRAS
_OFTEN = (details.TIMES, *details.EXTRAS)


def _operator(key: str, label: Any, sentence: Any, inputs: tuple[Any, ...] = (), *, often: bool = True) -> Operator:
    return Operator(key, label, sentence, inputs, _OFTEN if often else _WITH, details.words)


OPERATORS = (
    _operator(
        "in_last",
        gettext_lazy("in the last"),
        ngettext_lazy("%(field)s in the last %(days)s day", "%(field)s in the last %(days)s days", "days"),
        (_DAYS,),
    ),
    _operator(
        "not_in_last",
        gettext_lazy("not in the last"),
        ngettext_lazy("%(field)s: not in the last %(days)s day", "%(field)s: not in the last %(days)s days", "days"),
        (_DAYS,),
    ),
    _operator(
        "at_least",
        gettext_lazy("at least"),
        ngettext_lazy(
            "%(field)s: at least %(times)s times in %(days)s day",
            "%(field)s: at least %(times)s times in %(days)s days",
            "days",
        ),
        (
            Number("times", gettext_lazy("Times"), after=gettext_lazy("times in"), initial=2, lowest=1, highest=10_000),
            _DAYS,
        ),
        often=False,
    ),
    _operator(
        "last_between",
        gettext_lazy("last time between"),
        gettext_lazy("%(field)s: last time between %(nearest)s and %(farthest)s days ago"),
        (
            days("nearest", gettext_lazy("From days"), initial=90, after=gettext_lazy("and")),
            days("farthest", gettext_lazy("To days"), initial=365, after=gettext_lazy("days ago")),
        ),
        often=False,
    ),
    _operator(
        "between",
        gettext_lazy("between the dates"),
        gettext_lazy("%(field)s between %(first)s and %(last)s"),
        _BETWEEN,
    ),
    _operator(
        "not_between",
        gettext_lazy("not between the dates"),
        gettext_lazy("%(field)s: not between %(first)s and %(last)s"),
        _BETWEEN,
    ),
    _operator("since", gettext_lazy("on or after"), gettext_lazy("%(field)s on or after %(day)s"), (_DAY,)),
    _operator("not_since", gettext_lazy("not since"), gettext_lazy("%(field)s: not since %(day)s"), (_DAY,)),
    _operator("before", gettext_lazy("before"), gettext_lazy("%(field)s before %(day)s"), (_DAY,)),
    _operator("not_before", gettext_lazy("not before"), gettext_lazy("%(field)s: not before %(day)s"), (_DAY,)),
    _operator(
        "after_joining",
        gettext_lazy("within"),
        ngettext_lazy("%(field)s within %(days)s day of joining", "%(field)s within %(days)s days of joining", "days"),
        (_JOINING,),
    ),
    _operator(
        "not_after_joining",
        gettext_lazy("not within"),
        ngettext_lazy(
            "%(field)s: not within %(days)s day of joining", "%(field)s: not within %(days)s days of joining", "days"
        ),
        (_JOINING,),
    ),
    _operator("ever", gettext_lazy("ever"), gettext_lazy("%(field)s: at some time")),
    _operator("never", gettext_lazy("never"), gettext_lazy("%(field)s: never")),
)
