"""Merges and possible duplicates through the API."""

from __future__ import annotations

from typing import Any

import pytest

from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests import factories as make
from tests.api.conftest import Program, make_program
from tests.cast import Member


@pytest.fixture
def two(shop: Program) -> dict[str, str]:
    ana = {"name": "Ana Silva", "city": "Porto", "emails": [{"address": "ana@example.com"}], "tags": ["vip"]}
    other = {"name": "A. Silva", "job_title": "Buyer", "city": "Braga", "emails": [{"address": "a@home.example"}]}
    return {
        "winner_id": shop.post("/contacts", ana).json()["id"],
        "loser_id": shop.post("/contacts", other).json()["id"],
    }


def test_a_preview_says_what_then_happens(shop: Program, two: dict[str, str]) -> None:
    asked: dict[str, Any] = {**two, "choices": {"city": "loser"}}
    told = shop.post("/merges/preview", asked)
    assert told.status_code == 200, told.content
    keeps = {line["field"]: line[line["keeps"]] for line in told.json()["fields"]}
    assert (keeps["name"], keeps["city"], keeps["job_title"]) == ("Ana Silva", "Braga", "Buyer")
    assert shop.get(f"/contacts/{two['winner_id']}").json()["city"] == "Porto"
    made = shop.post("/merges", asked)
    assert made.status_code == 201, made.content
    ana = shop.get(f"/contacts/{two['winner_id']}").json()
    assert {name: ana[name] for name in ("name", "city", "job_title")} == {
        name: keeps[name] for name in ("name", "city", "job_title")
    }
    assert {each["address"] for each in ana["emails"]} == {"ana@example.com", "a@home.example"}
    assert shop.get(f"/contacts/{two['loser_id']}").json()["id"] == two["winner_id"]


def test_a_merge_is_undone_once(shop: Program, two: dict[str, str]) -> None:
    before = shop.get("/contacts?order=name").json()["items"]
    merge = shop.post("/merges", two).json()
    assert shop.post("/merges", two).status_code == 409
    assert [each["id"] for each in shop.get("/merges?state=live").json()["items"]] == [merge["id"]]
    for _time in range(2):
        told = shop.post(f"/merges/{merge['id']}/undo")
        assert told.json()["undone_at"]
    after = shop.get("/contacts?order=name").json()["items"]
    changing = {"updated_at"}
    assert [{k: v for k, v in each.items() if k not in changing} for each in after] == [
        {k: v for k, v in each.items() if k not in changing} for each in before
    ]
    assert shop.get("/merges?state=live").json()["items"] == []
    assert shop.get(f"/merges?contact_id={two['winner_id']}").json()["items"][0]["id"] == merge["id"]


def test_what_cannot_be_merged(shop: Program, two: dict[str, str]) -> None:
    same = {"winner_id": two["winner_id"], "loser_id": two["winner_id"]}
    assert shop.post("/merges", same).json()["errors"][0]["field"] == "loser_id"
    assert shop.post("/merges", {**two, "loser_id": "999999"}).status_code == 409
    told = shop.post("/merges", {**two, "choices": {"shoe_size": "loser"}})
    assert (told.status_code, told.json()["errors"][0]["field"]) == (422, "choices.shoe_size")


def test_pairs_are_looked_at_and_put_aside(shop: Program, acme: Tenant, two: dict[str, str]) -> None:
    first, second = sorted(map(int, two.values()))
    with tenant_context(acme):
        pair = make.DuplicatePairFactory(first_id=first, second_id=second, score=80, reasons=["name", "phone"])
    (listed,) = shop.get(f"/duplicates?contact_id={first}").json()["items"]
    assert (listed["id"], listed["score"], listed["older"]["id"]) == (str(pair.pk), 80, two["winner_id"])
    assert listed["because"] == ["same name", "same phone number"]
    assert shop.get("/duplicates?least_score=81").json()["items"] == []
    for _time in range(2):
        assert shop.post(f"/duplicates/{pair.pk}/dismiss").json()["state"] == "apart"
    assert shop.get("/duplicates").json()["items"] == []
    assert shop.post(f"/duplicates/{pair.pk}/reopen").json()["state"] == "open"
    shop.post("/merges", two)
    assert shop.get(f"/duplicates/{pair.pk}").json()["state"] == "merged"
    assert shop.post(f"/duplicates/{pair.pk}/dismiss").status_code == 409


def test_who_does_not_see_both_sees_no_pair(acme: Tenant, alice: Member, shop: Program) -> None:
    from tests.cast import join, make_user

    ana = shop.post("/contacts", {"name": "Ana", "owner_id": str(alice.user.pk)}).json()["id"]
    bo = shop.post("/contacts", {"name": "Ana"}).json()["id"]
    with tenant_context(acme):
        pair = make.DuplicatePairFactory(first_id=int(ana), second_id=int(bo))
    seller = make_program(join(make_user("Sam"), acme, "sales"), "contacts:read", "contacts:write")
    assert seller.get("/duplicates").json()["items"] == []
    assert seller.get(f"/duplicates/{pair.pk}").status_code == 404
    assert seller.post("/merges", {"winner_id": bo, "loser_id": ana}).status_code == 409
    merge = shop.post("/merges", {"winner_id": ana, "loser_id": bo}).json()["id"]
    assert seller.post(f"/merges/{merge}/undo").status_code == 404


def test_companies_are_previewed_merged_and_parted(shop: Program) -> None:
    verde = shop.post("/companies", {"name": "Verde SA", "city": "Porto", "domains": ["verde.example"]}).json()
    twin = shop.post("/companies", {"name": "Verde Lda", "phone": "12", "domains": ["verde.pt"]}).json()
    ana = shop.post("/contacts", {"name": "Ana", "emails": [{"address": "ana@verde.pt"}]}).json()
    asked: dict[str, Any] = {"winner_id": verde["id"], "loser_id": twin["id"], "choices": {"name": "loser"}}
    told = shop.post("/company-merges/preview", asked)
    assert told.status_code == 200, told.content
    keeps = {line["field"]: line[line["keeps"]] for line in told.json()["fields"]}
    merge = shop.post("/company-merges", asked).json()
    kept = shop.get(f"/companies/{twin['id']}").json()
    assert kept["id"] == verde["id"], "the id of the other leads to the one that is kept"
    assert {name: kept[name] for name in ("name", "city", "phone")} == {
        name: keeps[name] for name in ("name", "city", "phone")
    }
    assert sorted(kept["domains"]) == ["verde.example", "verde.pt"]
    assert [each["id"] for each in shop.get(f"/contacts?company_id={twin['id']}").json()["items"]] == [ana["id"]]
    assert shop.post("/companies/upsert", {"name": "verde sa"}).json()["id"] == verde["id"]
    assert shop.post("/companies", {"name": "Verde SA"}).status_code == 201
    assert shop.post("/company-merges", asked).status_code == 409
    assert shop.post(f"/company-merges/{merge['id']}/undo").status_code == 409, "its name was given away"
    assert shop.get("/companies?bin=in").json()["items"] == []
    assert [each["id"] for each in shop.get("/company-merges?state=live").json()["items"]] == [merge["id"]]
    assert shop.get(f"/company-merges/{merge['id']}").json() == merge


def test_companies_that_part_have_their_people_again(shop: Program) -> None:
    verde, twin = (shop.post("/companies", {"name": name}).json()["id"] for name in ("Verde SA", "Verde Lda"))
    ana = shop.post("/contacts", {"name": "Ana", "company": "Verde Lda"}).json()["id"]
    merge = shop.post("/company-merges", {"winner_id": verde, "loser_id": twin}).json()["id"]
    assert shop.post("/companies/upsert", {"name": "Verde Lda", "city": "Faro"}).json()["id"] == verde
    assert shop.get(f"/contacts/{ana}").json()["company"]["id"] == verde
    for _time in range(2):
        assert shop.post(f"/company-merges/{merge}/undo").json()["undone_at"]
    assert shop.get(f"/contacts/{ana}").json()["company"]["id"] == twin
    same = {"winner_id": verde, "loser_id": verde}
    assert shop.post("/company-merges", same).json()["errors"][0]["field"] == "loser_id"
    told = shop.post("/company-merges", {"winner_id": verde, "loser_id": twin, "choices": {"shoe": "loser"}})
    assert (told.status_code, told.json()["errors"][0]["field"]) == (422, "choices.shoe")
