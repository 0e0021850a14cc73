"""The rail shows the places a person may open, in the design's order."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import RequestFactory, override_settings

from ecrm.ui import nav

ENTRIES = (
    nav.Entry("consent", "Consent", "shield-check", "account_email", nav.CONSENT, "consent.view"),
    nav.Entry("today", "Today", "list-todo", "start", nav.TODAY),
    nav.Entry("contacts", "Contacts", "users", "account_change_password", nav.CONTACTS, "contacts.view"),
)


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(nav, "_entries", {})
    for entry in ENTRIES:
        nav.register(entry)
    with override_settings(ROOT_URLCONF="ecrm.urls"):
        yield


def labels(*capabilities: str) -> list[str]:
    return [str(entry.label) for entry in nav.entries(lambda wanted: wanted in capabilities)]


def test_places_come_in_the_order_of_the_design() -> None:
    assert labels("contacts.view", "consent.view") == ["Today", "Contacts", "Consent"]


def test_a_place_without_its_capability_is_not_shown() -> None:
    assert labels("consent.view") == ["Today", "Consent"]
    assert labels() == ["Today"]


def test_registering_again_replaces_the_entry() -> None:
    nav.register(nav.Entry("today", "Now", "list-todo", "start", nav.TODAY))
    assert labels() == ["Now"]


@pytest.mark.parametrize(
    ("path", "current"),
    [("/", ["Today"]), ("/accounts/email/", ["Consent"]), ("/accounts/email/7/", ["Consent"]), ("/elsewhere/", [])],
)
def test_the_place_one_is_in_is_marked(path: str, current: list[str]) -> None:
    places = nav.places(RequestFactory().get(path), lambda _: True)
    assert [str(place.entry.label) for place in places if place.is_current] == current


def test_a_count_stands_beside_its_place() -> None:
    waiting = nav.Waiting(2, "need attention", is_hot=True)
    nav.register(nav.Entry("cases", "Cases", "inbox", "start", nav.CASES, count=lambda request: waiting))
    shown = {str(p.entry.label): p.waiting for p in nav.places(RequestFactory().get("/"), lambda _: True)}
    assert shown["Cases"] == waiting
    assert shown["Today"] is None


def test_on_phones_campaigns_stand_in_for_a_place_that_is_not_there() -> None:
    for key in ("companies", "campaigns", "cases"):
        nav.register(nav.Entry(key, key, "inbox", "start", nav.CASES))
    shown = nav.places(RequestFactory().get("/"), lambda _: True)
    assert {place.entry.key for place in nav.phone_places(shown)} == {"today", "contacts", "campaigns", "cases"}
