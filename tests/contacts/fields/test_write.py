"""Values go in and come out as they are, whatever their kind and whoever writes them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts import fields, provenance
from contacts.fields import defining, tidying
from contacts.models import Company, Contact, CustomField, CustomValue, Event
from ecrm.audit.models import AuditEntry
from ecrm.tenancy.models import Tenant
from tests.cast import Member
from tests.contacts.conftest import add
from tests.contacts.fields.conftest import make

VALUES: dict[str, Any] = {
    "text": "Prefers mornings\nand tea",
    "number": 12.5,
    "money": {"amount": 125050, "currency": "EUR"},
    "date": "2026-03-12",
    "datetime": "2026-03-12T09:30:00+00:00",
    "boolean": False,
    "choice": "silver",
    "choices": ["gold", "bronze"],
    "link": "https://example.com/ana",
}


@pytest.fixture
def values(in_acme: Tenant) -> dict[str, Any]:
    return {
        **{f"my_{kind}": value for kind, value in VALUES.items()},
        "my_person": add(in_acme, name="Rui").pk,
        "my_company": Company.objects.create(name="Globo", name_norm="globo").pk,
    }


@pytest.mark.usefixtures("one_of_each")
def test_every_kind_comes_back_as_it_went_in(in_acme: Tenant, alice: Member, values: dict[str, Any]) -> None:
    ana = add(in_acme, name="Ana")

    changes = fields.write("contact", {ana.pk: values}, by=alice.user)

    assert fields.values("contact", [ana.pk]) == {ana.pk: values}
    assert changes == {ana.pk: {f"f:{key}": (None, value) for key, value in values.items()}}


@pytest.mark.usefixtures("one_of_each")
def test_every_kind_is_emptied_by_none(in_acme: Tenant, alice: Member, values: dict[str, Any]) -> None:
    ana = add(in_acme, name="Ana")
    fields.write("contact", {ana.pk: values}, by=alice.user)

    fields.write("contact", {ana.pk: dict.fromkeys(values)}, by=alice.user)

    assert fields.values("contact", [ana.pk]) == {}


@pytest.mark.usefixtures("one_of_each")
def test_saying_the_same_again_changes_nothing(in_acme: Tenant, alice: Member, values: dict[str, Any]) -> None:
    ana = add(in_acme, name="Ana")
    fields.write("contact", {ana.pk: values}, by=alice.user)
    before = Event.objects.count()

    assert fields.write("contact", {ana.pk: values}, by=alice.user) == {}
    assert Event.objects.count() == before


def test_a_change_is_told_to_provenance_history_and_audit(in_acme: Tenant, alice: Member) -> None:
    make("text", "Tier", key="tier")
    ana = add(in_acme, name="Ana")

    fields.write("contact", {ana.pk: {"tier": "A"}}, by=alice.user)
    fields.write("contact", {ana.pk: {"tier": "B"}}, by=alice.user, source=fields.Source("api"))

    origin = provenance.of(ana.pk)["f:tier"]
    assert (origin.source_type, origin.old, origin.by_name) == ("api", "A", "Alice")
    told = Event.objects.filter(contact_id=ana.pk, name="contact.changed").latest("id")
    assert told.properties["fields"] == ["f:tier"]
    assert AuditEntry.objects.filter(action="contact.changed", subject_id=ana.pk, fields=["f:tier"]).count() == 2


def test_many_people_cost_no_more_statements_than_two(in_acme: Tenant, alice: Member) -> None:
    make("number", "Points", key="points")
    make("choices", "Likes", key="likes")
    people = Contact.objects.bulk_create([Contact(name=f"P{number}") for number in range(40)])

    def cost(some: list[Contact]) -> int:
        with CaptureQueriesContext(connection) as queries:
            fields.write("contact", {one.pk: {"points": one.pk, "likes": ["gold"]} for one in some}, by=alice.user)
        return len(queries)

    assert cost(people[:2]) == cost(people[2:])


def test_companies_have_values_of_their_own(in_acme: Tenant, alice: Member) -> None:
    make("text", "Sector", key="sector", entity="company")
    firm = Company.objects.create(name="Globo", name_norm="globo")

    fields.write("company", {firm.pk: {"sector": "Media"}}, by=alice.user)

    assert fields.values("company", [firm.pk]) == {firm.pk: {"sector": "Media"}}
    assert fields.of("contact") == []


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("text", 5),
        ("text", "x" * 2001),
        ("number", "many"),
        ("number", True),
        ("number", float("inf")),
        ("money", 12),
        ("money", {"amount": 1, "currency": "XXZ"}),
        ("money", {"amount": 1.5, "currency": "EUR"}),
        ("date", "2026-02-30"),
        ("datetime", "yesterday"),
        ("boolean", "yes"),
        ("choice", "platinum"),
        ("choices", ["gold", "platinum"]),
        ("choices", "gold"),
        ("link", "javascript:alert(1)"),
        ("person", 999999),
        ("person", "nobody@example.com"),
        ("company", "No such firm"),
    ],
)
def test_a_wrong_value_is_refused_at_its_field(in_acme: Tenant, alice: Member, kind: str, wrong: Any) -> None:
    make(kind, key="mine")
    ana = add(in_acme, name="Ana")

    with pytest.raises(ValidationError) as refused:
        fields.write("contact", {ana.pk: {"mine": wrong}}, by=alice.user)

    assert list(refused.value.error_dict) == ["f:mine"]
    assert fields.values("contact", [ana.pk]) == {}


def test_an_unknown_field_is_refused(in_acme: Tenant, alice: Member) -> None:
    ana = add(in_acme, name="Ana")

    with pytest.raises(ValidationError) as refused:
        fields.write("contact", {ana.pk: {"shoe": 44}}, by=alice.user)

    assert list(refused.value.error_dict) == ["f:shoe"]


def test_people_and_companies_are_found_by_what_one_says(in_acme: Tenant, alice: Member) -> None:
    make("person", key="advisor")
    make("company", key="bank")
    rui = add(in_acme, name="Rui", emails=["rui@example.com"])
    bank = Company.objects.create(name="Banco Água", name_norm="banco agua")
    ana = add(in_acme, name="Ana")

    fields.write("contact", {ana.pk: {"advisor": "Rui <RUI@example.com>", "bank": " banco  agua"}}, by=alice.user)

    assert fields.values("contact", [ana.pk]) == {ana.pk: {"advisor": rui.pk, "bank": bank.pk}}


def test_another_tenants_people_are_nobody(in_acme: Tenant, alice: Member, globex: Tenant) -> None:
    make("person", key="advisor")
    ana, stranger = add(in_acme, name="Ana"), add(globex, name="Eve")

    with pytest.raises(ValidationError):
        fields.write("contact", {ana.pk: {"advisor": stranger.pk}}, by=alice.user)


def test_a_deleted_field_keeps_its_values_and_gives_them_back(in_acme: Tenant, alice: Member) -> None:
    tier = make("text", "Tier", key="tier")
    ana = add(in_acme, name="Ana")
    fields.write("contact", {ana.pk: {"tier": "A"}}, by=alice.user)

    defining.delete(field=tier, by=alice.user)

    assert fields.of("contact") == []
    assert fields.values("contact", [ana.pk]) == {}
    assert defining.value_count(tier) == 1

    defining.restore(field=CustomField.objects.get(pk=tier.pk), by=alice.user)

    assert fields.values("contact", [ana.pk]) == {ana.pk: {"tier": "A"}}


def test_a_field_cannot_come_back_beside_its_namesake(in_acme: Tenant, alice: Member) -> None:
    tier = make("text", "Tier", key="tier")
    defining.delete(field=tier, by=alice.user)
    make("number", "Tiér", key="tier_2")

    with pytest.raises(ValidationError):
        defining.restore(field=CustomField.objects.get(pk=tier.pk), by=alice.user)


def test_fields_deleted_long_ago_go_with_their_values(in_acme: Tenant, alice: Member) -> None:
    old, recent = make("choice", "Old", key="old"), make("text", "Recent", key="recent")
    ana = add(in_acme, name="Ana")
    fields.write("contact", {ana.pk: {"old": "gold", "recent": "x"}}, by=alice.user)
    defining.delete(field=old, by=alice.user, at=defining.purge_before() - timedelta(minutes=1))
    defining.delete(field=recent, by=alice.user)

    assert tidying.purge() == 1

    assert list(CustomField.objects.values_list("key", flat=True)) == ["recent"]
    assert CustomValue.objects.count() == 1
