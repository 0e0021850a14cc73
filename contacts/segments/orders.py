"""Conditions about how much people ordered for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Count, Q, Sum
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from contacts import criteria
from contacts.criteria import Criterion, Operator, Scope, Window
from contacts.models import Contact
from contacts.segments import happenings
from contacts.segments.inputs import Money, days
from ecrm.tenancy.roles import Capability
from ecrm.ui import formats

ORDER = "order.placed"


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
    return happenings.crossed(ORDER, _windows(operator, value), since, until, scope)


def _spent_next_at(operator: str, value: Any, scope: Scope) -> datetime | None:
    return happenings.next_at(ORDER, _windows(operator, value), scope)


def _windows(operator: str, value: Any) -> list[int]:
    return [] if operator == "spent_ever" else [value["days"]]
