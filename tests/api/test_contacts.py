"""People through the API: what a shop's program would do with them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from contacts.models import Contact
from ecrm.audit.models import AuditEntry
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.api.conftest import Program
from tests.cast import Member

ANA = {
    "given_name": "Ana",
    "family_name": "Silva",
    "country": "PT",
    "company": "Verde Lda",
    "emails": [{"address": "Ana@Example.com", "kind": "work"}],
    "phones": [{"number": "912 345 678"}],
    "tags": ["VIP"],
    "identities": [{"namespace": "shop", "id": "C-1"}],
}


def test_create_answers_the_person_as_kept(shop: Program) -> None:
    told = shop.post("/contacts", ANA)
    assert told.status_code == 201
    ana = told.json()
    assert isinstance(ana["id"], str)
    assert ana["name"] == "Ana Silva"
    assert ana["emails"] == [{"address": "Ana@Example.com", "kind": "work", "is_primary": True}]
    assert ana["phones"][0]["number"] == "+351912345678"
    assert ana["company"]["name"] == "Verde Lda"
    assert ana["tags"] == ["VIP"]
    assert ana["identities"] == [{"namespace": "shop", "id": "C-1"}]
    assert shop.get(f"/contacts/{ana['id']}").json() == ana


def test_who_has_no_time_zone_is_told_where_their_clock_is(shop: Program) -> None:
    ana = shop.post("/contacts", ANA).json()
    assert (ana["time_zone"], ana["derived_time_zone"]) == ("", "Europe/Lisbon")
    moved = shop.patch(f"/contacts/{ana['id']}", {"time_zone": "Atlantic/Azores"}).json()
    assert (moved["time_zone"], moved["derived_time_zone"]) == ("Atlantic/Azores", "")
    nobody = shop.post("/contacts", {"name": "From nowhere"}).json()
    assert nobody["derived_time_zone"] == ""


def test_a_taken_address_is_a_conflict(shop: Program) -> None:
    shop.post("/contacts", ANA)
    told = shop.post("/contacts", {"name": "Other", "emails": [{"address": "ana@example.com"}]})
    assert told.status_code == 409
    assert told["Content-Type"] == "application/problem+json"
    assert told.json()["errors"][0]["field"] == "emails"


def test_a_change_touches_only_what_is_given(shop: Program) -> None:
    ana = shop.post("/contacts", ANA).json()
    changed = shop.patch(f"/contacts/{ana['id']}", {"city": "Porto", "tags": []}).json()
    assert changed["city"] == "Porto"
    assert changed["tags"] == []
    assert changed["emails"] == ana["emails"]


def test_mistakes_are_told_by_field(shop: Program) -> None:
    told = shop.post("/contacts", {"emails": [{"address": "no address"}], "colour": "red", "birthday": "1. May"})
    assert told.status_code == 422
    assert {error["field"] for error in told.json()["errors"]} == {"emails.0.address", "colour", "birthday"}


def test_what_a_service_refuses_is_told_by_field_too(shop: Program) -> None:
    told = shop.post("/contacts", {"emails": [{"address": "ana@under_score.example"}]})
    assert told.status_code == 422
    assert told.json()["errors"][0]["field"] == "emails"
    told = shop.post("/contacts", {"phones": [{"number": "000000"}]})
    assert told.json()["errors"][0]["field"] == "phones"


def test_nul_is_refused_and_not_stored(shop: Program) -> None:
    assert shop.post("/contacts", {"name": "A\0na"}).status_code == 422


def test_upsert_creates_then_updates_and_adds(shop: Program) -> None:
    assert shop.post("/contacts/upsert", ANA).status_code == 201
    told = shop.post(
        "/contacts/upsert",
        {"identities": [{"namespace": "shop", "id": "C-1"}], "city": "Braga", "emails": [{"address": "a@new.example"}]},
    )
    assert told.status_code == 200
    assert told.json()["city"] == "Braga"
    assert [each["address"] for each in told.json()["emails"]] == ["Ana@Example.com", "a@new.example"]
    assert told.json()["tags"] == ["VIP"]
    assert len(shop.get("/contacts").json()["items"]) == 1


def test_upsert_never_guesses_between_two_people(shop: Program) -> None:
    for number in (1, 2):
        shop.post("/contacts", {"name": "P", "emails": [{"address": f"p{number}@example.com"}]})
    both = [{"address": "p1@example.com"}, {"address": "p2@example.com"}]
    assert shop.post("/contacts/upsert", {"emails": both}).status_code == 409


def test_the_bin_and_back(shop: Program) -> None:
    ana = shop.post("/contacts", ANA).json()
    assert shop.post(f"/contacts/{ana['id']}/bin").json()["binned_at"]
    assert shop.post(f"/contacts/{ana['id']}/bin").status_code == 200
    assert shop.get("/contacts").json()["items"] == []
    assert [each["id"] for each in shop.get("/contacts?bin=in").json()["items"]] == [ana["id"]]
    assert shop.patch(f"/contacts/{ana['id']}", {"city": "Porto"}).status_code == 409
    assert shop.post(f"/contacts/{ana['id']}/restore").json()["binned_at"] is None


def test_tags_come_and_go(shop: Program) -> None:
    ana = shop.post("/contacts", ANA).json()
    told = shop.post(f"/contacts/{ana['id']}/tags", {"add": ["wine", "cheese"], "remove": ["vip"]})
    assert told.json() == ["cheese", "wine"]


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("q=verde", ["Ana Silva"]),
        ("email=ANA@example.com", ["Ana Silva"]),
        ("identity=shop:C-1", ["Ana Silva"]),
        ("tag=vip", ["Ana Silva"]),
        ("country=PL", ["Bo"]),
        ("stage=customer", ["Bo"]),
        ("stage=customer&stage=lead&order=name", ["Ana Silva", "Bo"]),
        ("tag=nobody", []),
        ("owner_id=99999999", []),
    ],
)
def test_filters(shop: Program, asked: str, names: list[str]) -> None:
    shop.post("/contacts", ANA)
    shop.post("/contacts", {"name": "Bo", "country": "PL", "stage": "customer"})
    assert [each["name"] for each in shop.get(f"/contacts?{asked}").json()["items"]] == names


def test_pages_follow_the_cursor_to_the_end(shop: Program) -> None:
    for number in range(5):
        shop.post("/contacts", {"name": f"P{number}"})
    seen, cursor = [], ""
    while cursor is not None:
        page = shop.get(f"/contacts?limit=2&order=name&cursor={cursor}").json()
        seen += [each["name"] for each in page["items"]]
        cursor = page["next"]
    assert seen == ["P0", "P1", "P2", "P3", "P4"]
    told = shop.get("/contacts?cursor=nowhere")
    assert told.status_code == 422
    assert told.json()["errors"][0]["field"] == "cursor"
    assert shop.get("/contacts?limit=201").status_code == 422


def test_the_history_of_a_person(shop: Program) -> None:
    ana = shop.post("/contacts", ANA).json()
    names = [each["name"] for each in shop.get(f"/contacts/{ana['id']}/events").json()["items"]]
    assert set(names) == {"contact.created", "contact.tagged"}


def test_writes_are_audited_by_the_maker_with_the_token(shop: Program, acme: Tenant, alice: Member) -> None:
    shop.post("/contacts", ANA)
    with tenant_context(acme):
        entry = AuditEntry.objects.get(action="contact.created")
        assert (entry.actor_id, entry.token_id) == (alice.user.pk, shop.token.pk)
        assert AuditEntry.objects.get(action="api_token.made").token_id is None


def test_a_refused_write_leaves_nothing(shop: Program, acme: Tenant) -> None:
    shop.post("/contacts", ANA)
    told = shop.post("/contacts", {"name": "Twin", "identities": [{"namespace": "shop", "id": "C-1"}]})
    assert told.status_code == 409
    with tenant_context(acme):
        assert Contact.objects.filter(name="Twin").count() == 0


def test_own_records_only_for_those_who_see_no_others(
    acme: Tenant, alice: Member, program_of: Callable[..., Program]
) -> None:
    from tests.cast import join, make_user

    seller = program_of(join(make_user("Sam"), acme, "sales"), "contacts:read", "contacts:write")
    everything = program_of(alice)
    hers = everything.post("/contacts", {**ANA, "owner_id": str(alice.user.pk)}).json()
    assert seller.get("/contacts").json()["items"] == []
    assert seller.get(f"/contacts/{hers['id']}").status_code == 404
    assert seller.patch(f"/contacts/{hers['id']}", {"city": "X"}).status_code == 404
    assert seller.post("/contacts/upsert", {"emails": [{"address": "ana@example.com"}]}).status_code == 409
