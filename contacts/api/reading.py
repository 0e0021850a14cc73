"""Which people a request means, and how they are read: one query for a page, lists included."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Any, Literal

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, Func, OuterRef, QuerySet, TextField, Value
from django.db.models.functions import JSONObject
from django.http import Http404
from ninja import Schema
from pydantic import Field

from contacts import merged, zones
from contacts.api import custom, filtering
from contacts.api.schemas import OrderName, StageName
from contacts.lists.query import ListQuery
from contacts.models import (
    Contact,
    EmailAddress,
    Event,
    Identity,
    PhoneNumber,
    PostalAddress,
    SegmentMembership,
    Tag,
    Tagging,
)
from contacts.querysets import ContactQuerySet
from ecrm.api.access import ApiRequest
from ecrm.api.schemas import LARGEST_ID, IdIn, InstantIn, Text, number_of
from ecrm.mail.addresses import normalise

ORDERS = {
    "name": ("sort_key", "id"),
    "created": ("created_at", "id"),
    "active": ("active_at", "id"),
    "updated": ("updated_at", "id"),
}

_PLAIN = (
    *("name", "given_name", "family_name", "stage", "owner_id", "job_title", "language", "time_zone", "country"),
    *("city", "birthday", "source", "created_at", "updated_at", "last_active_at", "binned_at"),
)


class ContactFilters(Schema):
    """All of them must hold."""

    q: Annotated[Text, Field(max_length=200, description="Any part of name, address, phone: the newest 500.")] = ""
    email: Annotated[Text, Field(max_length=254)] = ""
    identity: Annotated[Text, Field(max_length=261, description="namespace:id")] = ""
    stage: list[StageName] = []
    tag: Annotated[Text, Field(max_length=60)] = ""
    owner_id: IdIn | None = None
    country: Annotated[str, Field(pattern=r"^([A-Z]{2})?$")] = ""
    company_id: IdIn | None = None
    segment_id: IdIn | None = None
    where: filtering.WhereIn = []
    updated_since: Annotated[
        InstantIn | None, Field(description="Changed then or later; of those in the bin: put there.")
    ] = None
    bin: Annotated[Literal["out", "in"], Field(description="`in`: those in the bin instead.")] = "out"
    order: OrderName = "-created"

    @property
    def keys(self) -> tuple[str, ...]:
        sign = "-" if self.order.startswith("-") else ""
        return tuple(sign + key for key in ORDERS[self.order.removeprefix("-")])


class HappeningFilters(Schema):
    name: Annotated[list[Annotated[Text, Field(max_length=60)]], Field(max_length=50, description="Any of these.")] = []
    since: Annotated[InstantIn | None, Field(description="Happened then or later.")] = None
    until: Annotated[InstantIn | None, Field(description="Happened before.")] = None

    def narrow(self, facts: QuerySet[Event]) -> QuerySet[Event]:
        if self.name:
            facts = facts.filter(name__in=self.name)
        if self.since:
            facts = facts.filter(occurred_at__gte=self.since)
        return facts.filter(occurred_at__lt=self.until) if self.until else facts


def visible(request: ApiRequest) -> ContactQuerySet:
    people: ContactQuerySet = Contact.objects.visible_to(request.membership)
    return people


def narrowed(request: ApiRequest, asked: ContactFilters, query: ListQuery) -> ContactQuerySet:
    """Whom filters and conditions (``filtering.read_where``) leave."""
    people = filtering.narrow(visible(request).binned(), query) if asked.bin == "in" else query.people()
    if asked.updated_since:
        changed = "binned_at__gte" if asked.bin == "in" else "updated_at__gte"
        people = people.filter(**{changed: asked.updated_since})
    if asked.q:
        people = people.matching(asked.q, membership=request.membership)
    if asked.email:
        addresses = EmailAddress.objects.filter(contact=OuterRef("pk"), address_norm=normalise(asked.email))
        people = people.filter(Exists(addresses))
    if asked.identity:
        namespace, _colon, external_id = asked.identity.partition(":")
        known = Identity.objects.filter(contact=OuterRef("pk"), namespace=namespace, external_id=external_id)
        people = people.filter(Exists(known))
    return _by_columns(people, asked)


def seen_ids(request: ApiRequest, ids: Sequence[str]) -> set[int]:
    """Those of them whom the token's maker sees; one query."""
    numbers = [int(each) for each in ids if int(each) <= LARGEST_ID]
    return set(visible(request).among(numbers).values_list("pk", flat=True))


def bare(request: ApiRequest, contact_id: str) -> Contact:
    """As ``one``, without the lists."""
    asked = number_of(contact_id)
    contact = visible(request).filter(pk=asked).first()
    if contact is not None and contact.binned_at and (stands := merged.survivor_id(asked)) != asked:
        contact = visible(request).filter(pk=stands).first()
    if contact is None:
        raise Http404
    return contact


def one(request: ApiRequest, contact_id: str) -> Contact:
    """A person the token's maker sees, with their lists; of a merged one, who stands for them. Raises ``Http404``."""
    asked = number_of(contact_id)
    contact = with_lists(visible(request)).filter(pk=asked).first()
    if contact is not None and contact.binned_at and (stands := merged.survivor_id(asked)) != asked:
        contact = with_lists(visible(request)).filter(pk=stands).first()
    if contact is None:
        raise Http404
    return contact


def with_lists(people: ContactQuerySet) -> ContactQuerySet:
    return people.select_related("company").annotate(**_lists())


def show(request: ApiRequest, people: Sequence[Any]) -> list[dict[str, Any]]:
    held = custom.values(request, [person.pk for person in people])
    return [_as_dict(person, held[person.pk]) for person in people]


def _as_dict(person: Any, custom_fields: dict[str, Any]) -> dict[str, Any]:
    """As ``ContactOut``; the person comes from ``with_lists``."""
    return {
        "id": person.pk,
        **{name: getattr(person, name) for name in _PLAIN},
        "derived_time_zone": "" if person.time_zone else zones.zone_of(person).name,
        "company": {"id": person.company.pk, "name": person.company.name} if person.company else None,
        "emails": person.email_list,
        "phones": person.phone_list,
        "addresses": person.address_list,
        "identities": person.identity_list,
        "tags": person.tag_names,
        "custom_fields": custom_fields,
    }


@lru_cache(maxsize=1)
def _lists() -> dict[str, Any]:
    person = OuterRef("pk")
    places = ("street", "postcode", "city", "region", "country", "kind", "is_primary", "latitude", "longitude")
    identities = Identity.objects.filter(contact=person).order_by("namespace", "id")
    tags = Tagging.objects.filter(contact=person).order_by("tag__name")
    return {
        "email_list": _list(EmailAddress.objects.filter(contact=person), "address", "kind", "is_primary"),
        "phone_list": _list(PhoneNumber.objects.filter(contact=person), "number", "written", "kind", "is_primary"),
        "address_list": _list(PostalAddress.objects.filter(contact=person), *places),
        "identity_list": ArraySubquery(identities.values(json=JSONObject(namespace="namespace", id="external_id"))),
        "tag_names": ArraySubquery(tags.values("tag__name")),
    }


def _list(rows: QuerySet[Any], *columns: str) -> ArraySubquery:
    shape = JSONObject(**{column: column for column in columns})
    return ArraySubquery(rows.order_by("-is_primary", "id").values(json=shape))


def _by_columns(people: ContactQuerySet, asked: ContactFilters) -> ContactQuerySet:
    if asked.stage:
        people = people.filter(stage__in=asked.stage)
    if asked.country:
        people = people.filter(country=asked.country)
    if asked.owner_id:
        people = people.filter(owner=number_of(asked.owner_id))
    if asked.company_id:
        people = people.filter(company=merged.company_survivor_id(number_of(asked.company_id)))
    if asked.tag:
        folded = Func(Value(asked.tag), function="search.fold", output_field=TextField())
        tag = Tag.objects.filter(name_norm=folded).first()
        people = people.tagged(tag.pk if tag else 0)
    if asked.segment_id:
        stays = SegmentMembership.objects.filter(segment=number_of(asked.segment_id), left_at=None)
        people = people.filter(Exists(stays.filter(contact=OuterRef("pk"))))
    return people
