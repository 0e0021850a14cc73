"""Lists asked in the language of segments."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("country.loves:PT", "“country” has no operator “loves”. It has: any_of, none_of"),
        ("colour.any_of:red,", "no criterion “colour”: `/segments/criteria`"),
        ("country.any_of:PT", "A list of one ends in a comma: country.any_of:PT,"),
        ("last_active_at.in_last:soon", "last_active_at.in_last: Give a number"),
        ("email.any_of:*@acme.example,", "“*@acme.example” is not an email address. The operators here are:"),
        ("email.any_of:@acme.example,", "not an email address"),
        ("email.domain:acme,", "“acme” is not a domain"),
        ("email.domain:ana@acme.example,", "is not a domain"),
        ('{"any":[{"criterion":"country","operator":"is","value":"PT"}]}', "It has: any_of, none_of"),
    ],
)
def test_what_would_be_right_is_told(shop: Program, text: str, words: str) -> None:
    told = shop.get(f"/contacts?{urlencode({'where': ['country.any_of:PT,', text]}, doseq=True)}").json()
    assert (told["status"], told["errors"][0]["field"]) == (422, "where.1")
    assert words in told["errors"][0]["message"]
    assert words in told["detail"]
    sent = shop.post("/exports", {"format": "csv", "where": [text]}).json()
    assert [error["pointer"] for error in sent["errors"]] == ["/where/0"]


@pytest.mark.parametrize("path", ["/contacts/search", "/segments", "/segments/count"])
def test_what_would_be_right_is_told_of_a_rule(shop: Program, path: str) -> None:
    faulty: list[dict[str, object]] = [
        {"criterion": "country", "operator": "loves", "value": ["PT"]},
        {"criterion": "country", "operator": "any_of", "value": "PT"},
    ]
    named = {"name": "X"} if path == "/segments" else {}
    told = shop.post(path, {**named, "rule": {"any": faulty}}).json()["errors"]
    assert [(error["pointer"], error["message"].split(":")[0]) for error in told] == [
        ("/rule/any/0", "“country” has no operator “loves”. It has"),
        ("/rule/any/1", "Choose something. A list is wanted"),
    ]
    nobody = {"any": [{"criterion": "email", "operator": "any_of", "value": ["@acme.example"]}]}
    (error,) = shop.post(path, {**named, "rule": nobody}).json()["errors"]
    assert error["pointer"] == "/rule/any/0"
    assert "is not an email address" in error["message"]


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["all", "of", "value"]), inner),
    max_leaves=6,
)
CONDITIONS = st.fixed_dictionaries(
    {"criterion": st.sampled_from(["country", "email", "tag", "field:x", "colour"]) | ODD},
    optional={"operator": st.sampled_from(["any_of", "domain", "known", "loves"]) | ODD, "value": ODD},
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rule=st.lists(CONDITIONS | ODD, max_size=3).map(lambda parts: {"any": parts}) | CONDITIONS)
def test_whatever_is_sent_is_answered_or_told(shop: Program, rule: object) -> None:
    body = json.loads(json.dumps(rule).replace("\\u0000", ""))
    for path in ("/contacts/search", "/segments/count"):
        told = shop.post(path, {"rule": body})
        assert told.status_code in (200, 422), told.content
        if told.status_code == 422:
            assert all(error["message"] for error in told.json()["errors"])
    asked = shop.get(f"/contacts?{urlencode({'where': json.dumps(body)})}")
    assert asked.status_code in (200, 422), asked.content


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
