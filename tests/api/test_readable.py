"""What is refused is told so that a person can put it right: in words, at its place in what was sent."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Program

NOBODY = "this id stands for nobody (null, undefined, guest, 0)"
ONE_WAY = "Give one of contact_id, email, identity, visitor."
SHAPES = "Give text, a number, true or false, a list of texts, an amount with its currency, or null."


@pytest.mark.parametrize(
    ("path", "body", "pointer", "words"),
    [
        ("/events", {"person": {"identity": {"namespace": "shop", "id": "guest"}}}, "/person", NOBODY),
        ("/events", {"person": {"mail": "ana@example.com"}}, "/person", ONE_WAY),
        ("/events", {"person": {}}, "/person", ONE_WAY),
        ("/events", {"person": "ana@example.com"}, "/person", ONE_WAY),
        ("/events", {"person": {"email": "ana", "visitor": "v"}}, "/person/visitor", "Extra inputs are not permitted"),
        ("/events", {"person": {"contact_id": "x"}}, "/person/contact_id", "String should match pattern"),
        ("/events", {"name": "consent.granted"}, "/name", "recorded by eCRM itself"),
        ("/contacts", {"birthday": "31-12-1980"}, "/birthday", "Give a day: 2026-03-01."),
        ("/contacts", {"country": "XX"}, "/country", "Give a country of ISO 3166-1, as in PT."),
        ("/contacts", {"time_zone": "Mars/One"}, "/time_zone", "Give a time zone of the IANA database"),
        ("/contacts", {"addresses": [{"country": "ZZ"}]}, "/addresses/0/country", "Give a country"),
        ("/contacts", {"custom_fields": {"size": {"x": 1}}}, "/custom_fields/size", SHAPES),
        ("/contacts", {"custom_fields": {"size": ["L", 1]}}, "/custom_fields/size", SHAPES),
        ("/contacts", {"custom_fields": {"size": {"amount": 1, "currency": "eur"}}}, "/custom_fields/size", SHAPES),
        ("/contacts", {"custom_fields": {"size": ["\0"]}}, "/custom_fields/size", "NUL characters cannot be kept."),
        ("/companies", {"name": "Verde", "country": "XX"}, "/country", "Give a country"),
    ],
)
def test_a_mistake_is_pointed_at(path: str, body: dict[str, Any], pointer: str, words: str, shop: Program) -> None:
    refused = shop.post(path, {"name": "order.placed", **body} if path == "/events" else body)
    assert refused.status_code == 422, refused.content
    told = {each["pointer"]: each["message"] for each in refused.json()["errors"]}
    assert words in told.get(pointer, ""), told
    assert not any(mark in each for each in told for mark in "<[("), "no place in what was sent"


def test_of_many_events_the_wrong_one_is_named(shop: Program) -> None:
    refused = shop.post("/events/batch", {"events": [{"name": "order.placed"}, {"name": "consent.granted"}]})
    (error,) = refused.json()["errors"]
    assert (error["field"], error["pointer"]) == ("events.1.name", "/events/1/name")


@pytest.mark.parametrize("path", ["/contacts?contry=PT", "/contacts?country=PT&q=a&contry=PT", "/companies?size=3"])
def test_a_misspelt_filter_never_answers_everybody(path: str, shop: Program) -> None:
    refused = shop.get(path)
    (error,) = refused.json()["errors"]
    assert refused.status_code == 422
    assert error["field"] in ("contry", "size")
    assert "country" in error["message"]
    assert "limit" in error["message"]


def test_an_operation_without_parameters_takes_none(shop: Program) -> None:
    made = shop.post("/contacts", {"name": "Ana"}).json()
    assert shop.get(f"/contacts/{made['id']}?fields=name").status_code == 422
    assert shop.post("/contacts?dry_run=1", {"name": "Bo"}).status_code == 422
    assert shop.get("/contacts").json()["items"][0]["name"] == "Ana"


def test_a_wrong_entry_of_a_list_in_the_address_is_named(shop: Program) -> None:
    (error,) = shop.get("/contacts?stage=lead&stage=boss").json()["errors"]
    assert error["field"] == "stage.1"
