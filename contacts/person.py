"""What the page of one person reads, in one query."""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Sum
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts import places
from contacts.models import (
    Contact,
    EmailAddress,
    Event,
    Identity,
    PhoneNumber,
    PostalAddress,
    SegmentMembership,
    Tagging,
)
from contacts.querysets import ContactQuerySet
from ecrm.ui import formats


@dataclass(frozen=True, slots=True)
class Worth:
    """Orders in one currency; amounts in minor units."""

    currency: str
    orders: int
    total: int

    @property
    def average(self) -> int:
        return round(self.total / self.orders) if self.orders else 0


def for_page(people: ContactQuerySet, *, with_worth: bool) -> ContactQuerySet:
    """Adds the person's lists as JSON, so that a page costs one query however many they have."""
    person = OuterRef("pk")
    people = people.select_related("owner", "company").annotate(
        email_list=_list(EmailAddress.objects.filter(contact=person), "address", "kind", "is_primary"),
        phone_list=_list(PhoneNumber.objects.filter(contact=person), "number", "written", "kind", "is_primary"),
        address_list=_list(
            PostalAddress.objects.filter(contact=person),
            *("street", "postcode", "city", "region", "country", "kind", "is_primary"),
        ),
        identity_list=ArraySubquery(
            Identity.objects.filter(contact=person)
            .order_by("namespace", "id")
            .values(json=JSONObject(namespace="namespace", external_id="external_id"))
        ),
        tag_names=ArraySubquery(Tagging.objects.filter(contact=person).order_by("tag__name").values("tag__name")),
        segment_list=ArraySubquery(
            SegmentMembership.objects.filter(contact=person, left_at=None, segment__archived_at=None)
            .order_by("segment__name")
            .values(json=JSONObject(id="segment_id", name="segment__name"))
        ),
    )
    return people.annotate(worth_list=ArraySubquery(_worth(person))) if with_worth else people


def worth(person: Any) -> list[Worth]:
    """By currency, the most orders first."""
    found = [Worth(one["currency"], one["orders"], one["total"]) for one in getattr(person, "worth_list", [])]
    return sorted(found, key=lambda one: (-one.orders, one.currency))


def facts(person: Any) -> list[tuple[str, Any]]:
    """Label and value of the plain details, as the design orders them; empty values say so themselves."""
    return [
        (_("Company"), person.company),
        (_("Job title"), person.job_title),
        (_("Language"), places.language_name(person.language) if person.language else ""),
        (_("Local time"), local_time(person.time_zone)),
        (_("Birthday"), _birthday(person)),
        (_("Owner"), person.owner or _("Unassigned")),
        (_("Source"), person.source),
    ]


def place_lines(person: Any) -> list[str]:
    """Postal addresses on one line each, or what is known of the place without one."""
    lines = [_address_line(one) for one in person.address_list]
    if lines:
        return lines
    country = places.country_name(person.country) if person.country else ""
    known = ", ".join(filter(None, (person.city, country)))
    return [known] if known else []


def local_time(zone: str, *, now: datetime | None = None) -> str:
    """The clock where the person is, and whether it is the reader's too. Empty for an unknown zone."""
    try:
        there = (now or timezone.now()).astimezone(zoneinfo.ZoneInfo(zone)) if zone else None
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return ""
    if there is None:
        return ""
    here = timezone.localtime(there)
    clock = there.strftime("%H:%M")
    return _("%(clock)s, same as you") % {"clock": clock} if here.utcoffset() == there.utcoffset() else clock


def _list(rows: Any, *fields: str) -> ArraySubquery:
    return ArraySubquery(rows.order_by("-is_primary", "id").values(json=JSONObject(**{name: name for name in fields})))


def _worth(person: OuterRef) -> Any:
    orders = Event.objects.filter(contact_id=person, name="order.placed", amount__isnull=False)
    sums = orders.order_by().values("currency").annotate(orders=Count("*"), total=Sum("amount"))
    return sums.values(json=JSONObject(currency="currency", orders="orders", total="total"))


def _birthday(person: Contact) -> str:
    if not person.birthday:
        return ""
    noon = datetime(person.birthday.year, person.birthday.month, person.birthday.day, 12)  # noqa: DTZ001
    return formats.day(timezone.make_aware(noon), year=True)


def _address_line(one: dict[str, Any]) -> str:
    town = " ".join(filter(None, (one["postcode"], one["city"])))
    country = places.country_name(one["country"]) if one["country"] else ""
    return ", ".join(filter(None, (one["street"], town, one["region"], country)))
