"""How many of some people may be contacted, by purpose: what the segment pages show."""

from __future__ import annotations

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from consent import purposes, rules
from consent.models import Basis, Channel, ConsentState, Purpose
from contacts.models import Contact, EmailAddress
from contacts.segments import reach
from contacts.segments.reach import Reach


def register() -> None:
    reach.register(by_purpose)


def by_purpose(people: QuerySet[Contact]) -> list[Reach]:
    """Those who agreed and, for email, have a main address that is not suppressed. Three queries.

    The rest are those whom no marketing purpose lets anybody write to.
    """
    asked = [each for each in purposes.catalogue() if each.purpose.basis == Basis.CONSENT]
    people = people.order_by()
    usable = _usable_grants([each.purpose for each in asked])
    counted = dict(
        usable.filter(contact__in=people.values("pk")).order_by().values_list("purpose_id").annotate(Count("id"))
    )
    writable = usable.filter(purpose__is_marketing=True, contact_id=OuterRef("pk"))
    rest = people.exclude(Exists(writable)).count()
    found = [Reach(each.name, counted.get(each.purpose.pk, 0)) for each in asked]
    return [*found, Reach(_("Nobody may write to them"), rest, is_rest=True)]


def _usable_grants(asked: list[Purpose]) -> QuerySet[ConsentState]:
    reachable = EmailAddress.objects.filter(
        ~rules.suppressed(), contact_id=OuterRef("contact_id"), is_primary=True, binned_at=None
    )
    granted = ConsentState.objects.filter(state="granted", purpose__in=[purpose.pk for purpose in asked])
    return granted.filter(~Q(channel=Channel.EMAIL) | Exists(reachable))
