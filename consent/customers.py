"""Where people who bought something may be written to without having asked for it, and where not.

Directive 2002/58/EC, Art. 13(2): the seller itself, about similar things of its own, when refusing was
offered as the address was taken and is offered in every message. Each country wrote that into a law of
its own, or did not (``consent.customer_laws``). A country that is not allowed there is refused: no rule known
is not permission. A workspace may set a rule of its own, with its reason (``consent.customer_rules``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from consent import customer_rules
from consent.customer_laws import UNCONFIRMED
from contacts import places
from contacts.models import Contact, Event
from contacts.models.people import Stage

ORDERED = "order.placed"


def refusal(country: str) -> str:
    """Why nobody of this country may be written to as a customer, in words; empty where they may."""
    if not country:
        return _("Their country is not known, and the rule depends on it.")
    rule = customer_rules.rule_of(country)
    name = places.country_name(country)
    if rule is None and country in UNCONFIRMED:
        return _(
            "The rule of %(country)s about existing customers could not be confirmed (%(law)s): ask for consent."
        ) % {
            "country": name,
            "law": UNCONFIRMED[country],
        }
    if rule is None:
        return _("No rule about existing customers is known here for %(country)s: ask for consent.") % {"country": name}
    if not rule.is_allowed and country in customer_rules.own():
        return _("This workspace asks customers of %(country)s for consent too (%(law)s).") % {
            "country": name,
            "law": rule.law,
        }
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
    rule = customer_rules.rule_of(country)
    if rule is None or rule.months is None:
        return False
    months = rule.months
    return last is None or last < timezone.now() - timedelta(days=round(months * 30.4))
