"""What a company's people bought, as one sum."""

from __future__ import annotations

from django.db.models import Count, Sum

from contacts.models import Company, Contact, Event
from contacts.person import Worth
from ecrm.tenancy.models import Membership
from ecrm.tenancy.roles import Capability

# The most recently active: the orders of ever more people would take ever longer to add up.
PEOPLE_COUNTED = 5_000


def of(company: Company, membership: Membership) -> list[Worth]:
    """By currency, the most orders first; nothing for who may not see revenue. One query.

    Of the people this member sees, at most ``PEOPLE_COUNTED``.
    """
    if not membership.may(Capability.REVENUE_VIEW):
        return []
    people = Contact.objects.visible_to(membership).unbinned().filter(company=company).order_by("-active_at", "-id")
    orders = Event.objects.filter(
        name="order.placed", amount__isnull=False, contact_id__in=people.values("pk")[:PEOPLE_COUNTED]
    )
    summed = orders.order_by().values("currency").annotate(orders=Count("*"), total=Sum("amount"))
    found = [Worth(row["currency"], row["orders"], row["total"]) for row in summed]
    return sorted(found, key=lambda one: (-one.orders, one.currency))
