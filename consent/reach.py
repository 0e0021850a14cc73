"""How many of a segment's people may be contacted, by marketing purpose."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from consent import purposes, rules
from consent.models import Channel, Purpose
from contacts.models import Contact, EmailAddress
from contacts.segments import reach
from contacts.segments.reach import Reach


def register() -> None:
    reach.register(by_purpose)


def by_purpose(people: QuerySet[Contact]) -> Sequence[Reach]:
    """One figure for each marketing purpose with a way to be reached, and one for those without any."""
    known = [each for each in purposes.catalogue() if each.purpose.is_marketing and each.purpose.channel != Channel.WEB]
    if not known:
        return []
    allowed = {f"purpose_{each.purpose.pk}": _reachable(each.purpose) for each in known}
    neither = ~reduce(or_, allowed.values())
    counts = {name: Count("pk", filter=condition) for name, condition in allowed.items()}
    found = people.order_by().aggregate(**counts, nobody=Count("pk", filter=neither))
    reached = [Reach(each.name, found[f"purpose_{each.purpose.pk}"]) for each in known]
    return [*reached, Reach(_("No purpose allows it"), found["nobody"], is_rest=True)]


def _reachable(purpose: Purpose) -> Q:
    if purpose.channel != Channel.EMAIL:
        return rules.granted(purpose)
    addresses = EmailAddress.objects.filter(contact=OuterRef("pk"), is_primary=True, binned_at=None)
    return rules.granted(purpose) & Q(Exists(addresses.exclude(rules.suppressed())))
