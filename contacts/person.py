"""What the page of one person reads, in one query."""

from __future__ import annotations

import json
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts import places, provenance, zones
from contacts.models import (
    Company,
    Contact,
    EmailAddress,
    Event,
    Identity,
    PhoneNumber,
    PostalAddress,
    Segment,
    SegmentMembership,
    Tag,
    Tagging,
)
from ecrm import prepared
from ecrm.instances import Columns
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Membership, User
from ecrm.tenancy.roles import Capability
from ecrm.tenancy.teams import visible_owner_ids
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


def find(membership: Membership, contact_id: int, *, further: Mapping[str, str] | None = None) -> Any:
    """The contact of a page, if this member may see them, else None.

    With owner and company, and with their lists as attributes: ``email_list``, ``phone_list``,
    ``address_list``, ``identity_list``, ``segment_list``, ``origin_list`` (dictionaries), ``tag_names``,
    and ``worth_list`` for who may see revenue; ``seen_owner_ids`` are the member's, None for all. One
    query, however many they have. ``further`` are attributes with the SQL of their JSON, which may name
    the parameters tenant, contact and user.
    """
    owner_ids = visible_owner_ids(membership)
    lists = _LISTS | (_WORTH if membership.may(Capability.REVENUE_VIEW) else {})
    lists |= further or {}
    asked = {"tenant": require_tenant_id(), "contact": contact_id, "user": membership.user_id}
    whose = {"all": owner_ids is None, "owners": owner_ids or []}
    row = prepared.fetch_one(_statement(tuple(lists.items())), {**asked, **whose})
    if row is None:
        return None
    contact: Any = _CONTACT.read(row)
    contact.seen_owner_ids = owner_ids
    place = _CONTACT.count
    contact.owner = _OWNER.read(row, start=place) if contact.owner_id else None
    contact.company = _COMPANY.read(row, start=place + _OWNER.count) if contact.company_id else None
    for name, found in zip(lists, row[place + _OWNER.count + _COMPANY.count :], strict=True):
        setattr(contact, name, json.loads(found))
    return contact


def worth(person: Any) -> list[Worth]:
    """By currency, the most orders first."""
    found = [Worth(one["currency"], one["orders"], one["total"]) for one in getattr(person, "worth_list", [])]
    return sorted(found, key=lambda one: (-one.orders, one.currency))


class Fact(NamedTuple):
    """A plain detail; ``url`` leads to what it names, ``key`` is what its origin is kept under."""

    label: str
    value: Any
    key: str
    url: str = ""


def facts(person: Any) -> list[Fact]:
    """The plain details, as the design orders them; empty values say so themselves."""
    return [
        Fact(_("Company"), person.company, "company", _company_url(person)),
        Fact(_("Job title"), person.job_title, "job_title"),
        Fact(_("Language"), places.language_name(person.language) if person.language else "", "language"),
        Fact(_("Local time"), local_time(zones.zone_of(person).name), "time_zone"),
        Fact(_("Birthday"), _birthday(person), "birthday"),
        Fact(_("Owner"), person.owner or _("Unassigned"), "owner"),
        Fact(_("Source"), person.source, "source"),
    ]


def origins(person: Any) -> provenance.Origins:
    """Where the values of one that ``find`` answered came from, by key."""
    return provenance.origins(person.origin_list)


def _company_url(person: Any) -> str:
    """Empty for a company the reader may not see."""
    company, seen = person.company, person.seen_owner_ids
    if company is None or not (seen is None or company.owner_id is None or company.owner_id in seen):
        return ""
    return reverse("company_page", args=[company.pk])


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


def _birthday(person: Contact) -> str:
    if not person.birthday:
        return ""
    noon = datetime(person.birthday.year, person.birthday.month, person.birthday.day, 12)  # noqa: DTZ001
    return formats.day(timezone.make_aware(noon), year=True)


def _address_line(one: dict[str, Any]) -> str:
    town = " ".join(filter(None, (one["postcode"], one["city"])))
    country = places.country_name(one["country"]) if one["country"] else ""
    return ", ".join(filter(None, (one["street"], town, one["region"], country)))


# Written out: through the ORM, making this statement cost several times what running it does.
_CONTACT, _OWNER, _COMPANY = Columns(Contact, "person"), Columns(User, "owner"), Columns(Company, "company")
_OF_PERSON = "one.tenant_id = person.tenant_id AND one.contact_id = person.id"


def _listed(table: str, *fields: str) -> str:
    """A list of JSON objects, the primary one first."""
    pairs = ", ".join(f"'{field}', one.{field}" for field in fields)
    return (
        f"SELECT coalesce(jsonb_agg(jsonb_build_object({pairs}) ORDER BY one.is_primary DESC, one.id), '[]')"
        f" FROM {table} one WHERE {_OF_PERSON}"
    )


_LISTS = {
    "email_list": _listed(EmailAddress.table(), "address", "kind", "is_primary", "verified_at"),
    "phone_list": _listed(PhoneNumber.table(), "number", "written", "kind", "is_primary", "verified_at"),
    "address_list": _listed(
        PostalAddress.table(), "street", "postcode", "city", "region", "country", "kind", "is_primary", "verified_at"
    ),
    "origin_list": provenance.LATEST,
    "identity_list": f"""
        SELECT coalesce(jsonb_agg(jsonb_build_object('namespace', one.namespace, 'external_id', one.external_id)
                                  ORDER BY one.namespace, one.id), '[]')
          FROM {Identity.table()} one WHERE {_OF_PERSON}""",
    "tag_names": f"""
        SELECT coalesce(jsonb_agg(tag.name ORDER BY tag.name), '[]')
          FROM {Tagging.table()} one JOIN {Tag.table()} tag ON tag.tenant_id = one.tenant_id AND tag.id = one.tag_id
         WHERE {_OF_PERSON}""",
    "segment_list": f"""
        SELECT coalesce(jsonb_agg(jsonb_build_object('id', segment.id, 'name', segment.name)
                                  ORDER BY segment.name), '[]')
          FROM {SegmentMembership.table()} one
          JOIN {Segment.table()} segment ON segment.tenant_id = one.tenant_id AND segment.id = one.segment_id
         WHERE {_OF_PERSON} AND one.left_at IS NULL AND segment.archived_at IS NULL""",
}
_WORTH = {
    "worth_list": f"""
        SELECT coalesce(jsonb_agg(jsonb_build_object('currency', worth.currency, 'orders', worth.orders,
                                                     'total', worth.total)), '[]')
          FROM (SELECT one.currency, count(*) AS orders, sum(one.amount)::bigint AS total FROM {Event.table()} one
                 WHERE {_OF_PERSON} AND one.name = 'order.placed' AND one.amount IS NOT NULL
                 GROUP BY one.currency) worth""",
}


@lru_cache(maxsize=8)
def _statement(lists: tuple[tuple[str, str], ...]) -> str:
    listed = ", ".join(f"({sql})" for _name, sql in lists)
    return f"""
        SELECT {_CONTACT.sql}, {_OWNER.sql}, {_COMPANY.sql}, {listed}
          FROM {Contact.table()} person
          LEFT JOIN {User._meta.db_table} owner ON owner.id = person.owner_id
          LEFT JOIN {Company.table()} company ON company.tenant_id = person.tenant_id AND company.id = person.company_id
         WHERE person.tenant_id = %(tenant)s AND person.id = %(contact)s
           AND (%(all)s OR person.owner_id IS NULL OR person.owner_id = ANY (%(owners)s::bigint[]))"""
