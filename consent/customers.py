"""Where people who bought something may be written to without having asked for it, and where not.

Directive 2002/58/EC, Art. 13(2): the seller itself, about similar things of its own, when refusing was
offered as the address was taken and is offered in every message. Each country wrote that into a law of
its own, or did not. A country that is not in this table is refused: no rule known is not permission.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts import places
from contacts.models import Contact, Event
from contacts.models.people import Stage

ORDERED = "order.placed"


@dataclass(frozen=True, slots=True)
class Rule:
    """``law`` is where it stands; ``months`` how long after the last sale it holds (None: no limit named)."""

    law: str
    is_allowed: bool = True
    months: int | None = None


RULES: Mapping[str, Rule] = {
    "AT": Rule("TKG 2021 § 174(4)"),
    "BE": Rule("Arrêté royal du 4 avril 2003, art. 1"),
    "CH": Rule("UWG Art. 3(1)(o)"),
    "CZ": Rule("Zákon č. 480/2004 Sb. § 7(3)"),
    "DE": Rule("UWG § 7(3)"),
    "DK": Rule("Markedsføringsloven § 10(2)"),
    "ES": Rule("LSSI (Ley 34/2002) art. 21(2)"),
    "FI": Rule("Laki sähköisen viestinnän palveluista (917/2014) § 200"),
    "FR": Rule("CPCE art. L34-5"),
    "GB": Rule("PECR 2003 reg. 22(3)"),
    "IE": Rule("S.I. 336/2011 reg. 13(11)", months=12),
    "IT": Rule("D.lgs. 196/2003 art. 130(4)"),
    "NL": Rule("Telecommunicatiewet art. 11.7"),
    "PL": Rule("Prawo komunikacji elektronicznej art. 398", is_allowed=False),
    "PT": Rule("Lei 41/2004 art. 13.º-A(3)"),
    "SE": Rule("Marknadsföringslagen (2008:486) § 19"),
}


def refusal(country: str) -> str:
    """Why nobody of this country may be written to as a customer, in words; empty where they may."""
    if not country:
        return _("Their country is not known, and the rule depends on it.")
    rule = RULES.get(country)
    name = places.country_name(country)
    if rule is None:
        return _("No rule about existing customers is known here for %(country)s: ask for consent.") % {"country": name}
    if not rule.is_allowed:
        return _("%(country)s asks for consent also from customers (%(law)s).") % {"country": name, "law": rule.law}
    return ""


def bought(contact_ids: Sequence[int]) -> dict[int, datetime | None]:
    """Who has bought something, and when last; None for customers by their stage alone. Two statements."""
    stages = Contact.objects.filter(pk__in=contact_ids, stage=Stage.CUSTOMER)
    found: dict[int, datetime | None] = dict.fromkeys(stages.values_list("pk", flat=True))
    orders = Event.objects.filter(contact_id__in=contact_ids, name=ORDERED).order_by()
    found.update(orders.values_list("contact_id").annotate(last=Max("occurred_at")))
    return found


def too_old(country: str, last: datetime | None) -> bool:
    """Whether the law names a time after the sale and it has passed, or cannot be told."""
    months = RULES[country].months
    if months is None:
        return False
    return last is None or last < timezone.now() - timedelta(days=round(months * 30.4))
