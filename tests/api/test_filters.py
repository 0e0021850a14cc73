"""Lists asked in the language of segments."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest

from ecrm.tenancy.models import Tenant
from tests.api.conftest import Program, make_program
from tests.cast import Member


@pytest.fixture
def people(shop: Program) -> dict[str, str]:
    """Ids by name."""
    made = {}
    for name, country, tags in (("Ana", "PT", ["vip"]), ("Bo", "PL", []), ("Cy", "PT", [])):
        told = shop.post("/contacts", {"name": name, "country": country, "tags": tags})
        made[name] = told.json()["id"]
    return made


def named(shop: Program, **asked: object) -> list[str]:
    told = shop.get(f"/contacts?{urlencode({'order': 'name', **asked}, doseq=True)}")
    assert told.status_code == 200, told.content
    return [each["name"] for each in told.json()["items"]]


@pytest.mark.usefixtures("people")
def test_conditions_narrow_the_list(shop: Program) -> None:
    tag = shop.get("/tags?name=VIP").json()["items"][0]["id"]
    assert named(shop, where="country.any_of:PT,") == ["Ana", "Cy"]
    assert named(shop, where=["country.any_of:PT,", f"tag.none_of:{tag},"]) == ["Cy"]
    either = {
        "any": [
            {"criterion": "country", "operator": "any_of", "value": ["PL"]},
            {"criterion": "tag", "operator": "any_of", "value": [int(tag)]},
        ]
    }
    assert named(shop, where=json.dumps(either)) == ["Ana", "Bo"]
    assert named(shop, where="last_active_at.never", country="PL") == ["Bo"]
    told = shop.post("/contacts/search", {"rule": either, "order": "-name", "limit": 1})
    assert [each["name"] for each in told.json()["items"]] == ["Bo"]
    rest = shop.post("/contacts/search", {"rule": either, "order": "-name", "cursor": told.json()["next"]})
    assert [each["name"] for each in rest.json()["items"]] == ["Ana"]


def test_conditions_reach_into_the_bin(shop: Program, people: dict[str, str]) -> None:
    shop.post(f"/contacts/{people['Ana']}/bin")
    assert named(shop, where="country.any_of:PT,") == ["Cy"]
    assert named(shop, where="country.any_of:PT,", bin="in") == ["Ana"]


@pytest.mark.parametrize(
    "text", ["nothing", "colour.any_of:red,", "country.loves:PT", "country.any_of", "{", '{"all":[]']
)
def test_what_cannot_be_asked_is_told_by_its_place(shop: Program, text: str) -> None:
    told = shop.get(f"/contacts?{urlencode({'where': ['country.any_of:PT,', text]}, doseq=True)}")
    assert told.status_code == 422
    assert told.json()["errors"][0]["field"] == "where.1"
    told = shop.post("/contacts/search", {"rule": {"criterion": "colour", "operator": "any_of", "value": 1}})
    assert told.json()["errors"][0]["field"] == "rule"


def test_conditions_reach_no_further_than_the_token(alice: Member) -> None:
    """Every condition without a value that the wide token may ask and the narrow one may not."""
    narrow = make_program(alice, "contacts:read", "segments:read")
    known, reached = (
        {
            (each["key"], operator["key"])
            for each in program.get("/segments/criteria").json()
            for operator in each["operators"]
            if not operator["inputs"]
        }
        for program in (make_program(alice), narrow)
    )
    assert reached < known
    for criterion, operator in sorted(known - reached):
        rule = {"criterion": criterion, "operator": operator}
        assert make_program(alice).post("/contacts/search", {"rule": rule}).status_code == 200
        assert narrow.post("/contacts/search", {"rule": {"none": [rule]}}).status_code == 403
        assert narrow.get(f"/contacts?where={criterion}.{operator}").status_code == 403


def test_people_of_a_company(shop: Program) -> None:
    ana = shop.post("/contacts", {"name": "Ana", "company": "Verde"}).json()
    shop.post("/contacts", {"name": "Bo"})
    assert named(shop, company_id=ana["company"]["id"]) == ["Ana"]


def test_the_history_of_a_person_by_name_and_time(shop: Program, acme: Tenant) -> None:
    ana = shop.post("/contacts", {"name": "Ana", "tags": ["vip"]}).json()["id"]

    def names(query: str) -> list[str]:
        return [each["name"] for each in shop.get(f"/contacts/{ana}/events?{query}").json()["items"]]

    assert names("name=contact.tagged") == ["contact.tagged"]
    assert names("until=2020-01-01T00:00:00Z") == []
    assert set(names("since=2020-01-01T00:00:00Z")) == {"contact.created", "contact.tagged"}
