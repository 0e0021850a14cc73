"""Conditions about the history: what people did or did not do, how often, for how much."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from contacts import criteria, events
from contacts.criteria import Criterion, Operator, Scope, Window
from contacts.events import EventKind
from contacts.models import Contact
from contacts.segments.inputs import Money, Number, days
from ecrm.tenancy.roles import Capability
from ecrm.ui import formats

PREFIX = "event:"
ORDER = "order.placed"
# What staff did to the record and what segments did are no conduct of the person.
_NOT_ASKED = frozenset({"profile", "segment"})
_CRITERIA_GROUP = {"order": "orders", "consent": "consent"}


def register() -> None:
    criteria.register(
        Criterion(
            "spent",
            gettext_lazy("Orders in total"),
            "orders",
            _spent_operators(),
            _spent,
            _explain_spent,
            Window(_spent_crossed, _spent_next_at),
            capability=Capability.REVENUE_VIEW,
            moved_by=(ORDER,),
        )
    )
    criteria.register_source(conduct)


def conduct() -> Iterable[Criterion]:
    """One criterion for each kind of event that a person causes."""
    for kind in events.kinds():
        if kind.group not in _NOT_ASKED:
            yield _about(kind)


def _about(kind: EventKind) -> Criterion:
    name = kind.name
    return Criterion(
        PREFIX + name,
        kind.title,
        _CRITERIA_GROUP.get(kind.group, "activity"),
        _EVENT_OPERATORS,
        lambda operator, value, scope: _did(name, operator, value, scope),
        lambda contact, _operator, _value, scope: _explain_did(name, contact, scope),
        Window(
            lambda operator, value, since, until, scope: _did_cross(name, operator, value, since, until, scope),
            lambda operator, value, scope: _did_next_at(name, operator, value, scope),
        ),
        capability=kind.capability,
        moved_by=(name,),
    )


_DAYS = days("days", gettext_lazy("Days"), initial=90, after=gettext_lazy("days"))
_EVENT_OPERATORS = (
    Operator(
        "in_last",
        gettext_lazy("in the last"),
        ngettext_lazy("%(field)s in the last %(days)s day", "%(field)s in the last %(days)s days", "days"),
        (_DAYS,),
    ),
    Operator(
        "not_in_last",
        gettext_lazy("not in the last"),
        ngettext_lazy("%(field)s: not in the last %(days)s day", "%(field)s: not in the last %(days)s days", "days"),
        (_DAYS,),
    ),
    Operator(
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
    ),
    Operator(
        "last_between",
        gettext_lazy("last time between"),
        gettext_lazy("%(field)s: last time between %(nearest)s and %(farthest)s days ago"),
        (
            days("nearest", gettext_lazy("From days"), initial=90, after=gettext_lazy("and")),
            days("farthest", gettext_lazy("To days"), initial=365, after=gettext_lazy("days ago")),
        ),
    ),
    Operator("ever", gettext_lazy("ever"), gettext_lazy("%(field)s: at some time")),
    Operator("never", gettext_lazy("never"), gettext_lazy("%(field)s: never")),
)


def _did(name: str, operator: str, value: Any, scope: Scope) -> Q:
    theirs = scope.events(name).filter(contact_id=OuterRef("pk"))
    if operator == "in_last":
        return Q(Exists(theirs.filter(occurred_at__gte=scope.ago(value))))
    if operator == "not_in_last":
        return ~Q(Exists(theirs.filter(occurred_at__gte=scope.ago(value))))
    if operator == "at_least":
        recent = scope.events_to_group(name).filter(occurred_at__gte=scope.ago(value["days"]))
        often = recent.values("contact_id").annotate(times=Count("*")).filter(times__gte=value["times"])
        return Q(pk__in=often.values("contact_id"))
    if operator == "last_between":
        nearest, farthest = sorted((value["nearest"], value["farthest"]))
        since, until = scope.ago(farthest), scope.ago(nearest)
        then = theirs.filter(occurred_at__gte=since, occurred_at__lt=until)
        return Q(Exists(then)) & ~Q(Exists(theirs.filter(occurred_at__gte=until)))
    return Q(Exists(theirs)) if operator == "ever" else ~Q(Exists(theirs))


def _explain_did(name: str, contact: Contact, scope: Scope) -> str:
    times = scope.events(name).filter(contact_id=contact.pk)
    found = times.order_by("-occurred_at").values_list("occurred_at", flat=True)[:100]
    instants = list(found)
    if not instants:
        return _("Never")
    return ngettext("%(count)s time, last on %(when)s", "%(count)s times, last on %(when)s", len(instants)) % {
        "count": f"{len(instants)}+" if len(instants) == 100 else len(instants),
        "when": formats.full(instants[0]),
    }


def _windows(operator: str, value: Any) -> list[int]:
    """After how many days an event begins or ceases to count."""
    if operator in ("in_last", "not_in_last"):
        return [value]
    if operator in ("at_least", "spent", "spent_less"):
        return [value["days"]]
    return [value["nearest"], value["farthest"]] if operator == "last_between" else []


def _did_cross(name: str, operator: str, value: Any, since: datetime, until: datetime, scope: Scope) -> Q | None:
    found = None
    for window in (timedelta(days=length) for length in _windows(operator, value)):
        crossing = scope.events(name).filter(
            contact_id=OuterRef("pk"), occurred_at__gte=since - window, occurred_at__lte=until - window
        )
        found = Q(Exists(crossing)) if found is None else found | Q(Exists(crossing))
    return found


def _did_next_at(name: str, operator: str, value: Any, scope: Scope) -> datetime | None:
    instants = []
    for length in _windows(operator, value):
        recent = scope.events(name).filter(occurred_at__gte=scope.ago(length)).order_by("occurred_at")
        oldest = recent.values_list("occurred_at", flat=True).first()
        if oldest:
            instants.append(oldest + timedelta(days=length))
    return min(instants, default=None)


def _spent_operators() -> tuple[Operator, ...]:
    amount = Money("amount", gettext_lazy("Amount"))
    window = days("days", gettext_lazy("Days"), initial=90, before=gettext_lazy("in"), after=gettext_lazy("days"))
    return (
        Operator(
            "spent",
            gettext_lazy("at least"),
            ngettext_lazy(
                "%(field)s at least %(amount)s in the last %(days)s day",
                "%(field)s at least %(amount)s in the last %(days)s days",
                "days",
            ),
            (amount, window),
        ),
        Operator(
            "spent_less",
            gettext_lazy("less than"),
            ngettext_lazy(
                "%(field)s less than %(amount)s in the last %(days)s day",
                "%(field)s less than %(amount)s in the last %(days)s days",
                "days",
            ),
            (amount, window),
        ),
        Operator(
            "spent_ever",
            gettext_lazy("at least, ever"),
            gettext_lazy("%(field)s at least %(amount)s"),
            (amount,),
        ),
    )


def _spent(operator: str, value: Any, scope: Scope) -> Q:
    """Grouped once for everybody, not asked person by person: ten times cheaper on a whole tenant."""
    amount = value if operator == "spent_ever" else value["amount"]
    orders = scope.events_to_group(ORDER).filter(currency=amount["currency"])
    if operator != "spent_ever":
        orders = orders.filter(occurred_at__gte=scope.ago(value["days"]))
    totals = orders.values("contact_id").annotate(total=Sum("amount")).filter(total__gte=amount["minor"])
    reached = Q(pk__in=totals.values("contact_id"))
    if amount["minor"] == 0:
        # A sum of nothing is zero too, but has no row.
        reached |= Q(pk__isnull=False)
    return ~reached if operator == "spent_less" else reached


def _explain_spent(contact: Contact, operator: str, value: Any, scope: Scope) -> str:
    amount = value if operator == "spent_ever" else value["amount"]
    orders = scope.events(ORDER).filter(contact_id=contact.pk, currency=amount["currency"])
    if operator != "spent_ever":
        orders = orders.filter(occurred_at__gte=scope.ago(value["days"]))
    found = orders.aggregate(total=Sum("amount"), times=Count("*"))
    return ngettext("%(amount)s in %(count)s order", "%(amount)s in %(count)s orders", found["times"]) % {
        "amount": formats.money(int(found["total"] or 0), amount["currency"]),
        "count": found["times"],
    }


def _spent_crossed(operator: str, value: Any, since: datetime, until: datetime, scope: Scope) -> Q | None:
    return _did_cross(ORDER, operator, value, since, until, scope)


def _spent_next_at(operator: str, value: Any, scope: Scope) -> datetime | None:
    return _did_next_at(ORDER, operator, value, scope)
