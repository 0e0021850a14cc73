"""Custom fields through the API: as another program reads and writes them."""

from __future__ import annotations

from typing import Any

import pytest

from contacts import fields
from contacts.models import Contact
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from ecrm.tenancy.roles import Role
from tests.api.conftest import Program, make_program
from tests.cast import Member
from tests.contacts.conftest import add
from tests.contacts.fields.conftest import make


@pytest.fixture
def _fields(acme: Tenant) -> None:
    with tenant_context(acme):
        make("text", "Tier", key="tier")
        make("number", "Points", key="points")
        make("money", "Budget", key="budget")
        make("choices", "Likes", key="likes")
        make("person", "Advisor", key="advisor")
        make("text", "Salary", key="salary", visible_to=[Role.SALES])


@pytest.mark.usefixtures("_fields")
def test_values_go_in_and_come_out(acme: Tenant, shop: Program) -> None:
    rui = add(acme, name="Rui")
    sent = {
        "tier": "A",
        "points": 12.5,
        "budget": {"amount": 1250, "currency": "EUR"},
        "likes": ["gold", "Bronze"],
        "advisor": str(rui.pk),
    }

    told = shop.post("/contacts", {"name": "Ana", "custom_fields": sent})

    assert told.status_code == 201, told.content
    ana = told.json()
    assert ana["custom_fields"] == {**sent, "likes": ["gold", "bronze"], "salary": None}
    assert shop.get(f"/contacts/{ana['id']}").json()["custom_fields"] == ana["custom_fields"]
    changed = shop.patch(f"/contacts/{ana['id']}", {"custom_fields": {"tier": None, "points": 3}}).json()
    assert changed["custom_fields"] == {**ana["custom_fields"], "tier": None, "points": 3}


@pytest.mark.usefixtures("_fields")
def test_an_upsert_changes_only_what_it_names(shop: Program) -> None:
    person = {"emails": [{"address": "ana@example.com"}], "custom_fields": {"tier": "A", "points": 1}}
    shop.post("/contacts/upsert", person)

    told = shop.post("/contacts/upsert", {**person, "custom_fields": {"points": 2}})

    assert told.status_code == 200
    assert (told.json()["custom_fields"]["tier"], told.json()["custom_fields"]["points"]) == ("A", 2)


@pytest.mark.usefixtures("_fields")
@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"shoe": 44}, "custom_fields.shoe"),
        ({"points": "many"}, "custom_fields.points"),
        ({"likes": ["platinum"]}, "custom_fields.likes"),
        ({"advisor": "999999"}, "custom_fields.advisor"),
    ],
)
def test_a_mistake_is_told_at_its_field(acme: Tenant, shop: Program, given: dict[str, Any], field: str) -> None:
    told = shop.post("/contacts", {"name": "Ana", "custom_fields": given})

    assert told.status_code == 422
    assert [error["field"] for error in told.json()["errors"]] == [field]
    with tenant_context(acme):
        assert not Contact.objects.exists()


def test_what_a_stage_needs_is_asked_for(acme: Tenant, shop: Program) -> None:
    with tenant_context(acme):
        make("text", "Tax number", key="tax", required_at=["customer"])

    refused = shop.post("/contacts", {"name": "Ana", "stage": "customer"})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "custom_fields.tax"

    lead = shop.post("/contacts", {"name": "Ana"}).json()
    assert shop.patch(f"/contacts/{lead['id']}", {"stage": "customer"}).status_code == 422
    filled = {"stage": "customer", "custom_fields": {"tax": "PT 1"}}
    assert shop.patch(f"/contacts/{lead['id']}", filled).status_code == 200
    assert shop.patch(f"/contacts/{lead['id']}", {"city": "Porto"}).status_code == 200
    assert shop.patch(f"/contacts/{lead['id']}", {"custom_fields": {"tax": None}}).status_code == 422, "emptied"
    with tenant_context(acme):
        make("text", "Seal", key="seal", required_at=["customer"])
    assert shop.patch(f"/contacts/{lead['id']}", {"custom_fields": {"tax": "PT 2"}}).status_code == 200


@pytest.mark.usefixtures("_fields")
def test_what_the_maker_does_not_see_is_not_there(acme: Tenant, mara: Member) -> None:
    program = make_program(mara, "contacts:read", "contacts:write")
    ana = add(acme, name="Ana")
    with tenant_context(acme):
        fields.write("contact", {ana.pk: {"salary": "little"}}, by=None)

    assert "salary" not in program.get(f"/contacts/{ana.pk}").json()["custom_fields"]
    assert program.patch(f"/contacts/{ana.pk}", {"custom_fields": {"salary": "lots"}}).status_code == 422
    assert "salary" not in [one["key"] for one in program.get("/custom-fields").json()]


@pytest.mark.usefixtures("_fields")
def test_the_fields_are_listed_with_their_choices(shop: Program) -> None:
    told = {one["key"]: one for one in shop.get("/custom-fields").json()}

    assert told["likes"]["kind"] == "choices"
    assert told["likes"]["choices"][0] == {"key": "gold", "label": "Gold"}
