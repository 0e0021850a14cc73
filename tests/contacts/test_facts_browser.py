"""The details of a person on a phone: what is written is not covered by the signs beside it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser

from ecrm.tenancy.models import Tenant
from tests.cast import Member
from tests.contacts.conftest import add

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "dispatch"])]

COVERED = """() => [...document.querySelectorAll(".is-editable")].flatMap((place) => {
  const sign = place.querySelector(".fact-edit")?.getBoundingClientRect();
  const words = document.createRange();
  words.selectNodeContents(place.firstElementChild?.matches(".status") ? place.firstElementChild : place.firstChild);
  const ends = words.getClientRects();
  return sign && [...ends].some((end) => end.right > sign.left + 1 && end.left < sign.right && end.top < sign.bottom
    && end.bottom > sign.top) ? [place.id] : [];
})"""


def test_on_a_phone_no_sign_covers_a_value(chromium: Browser, live_server: Any, alice: Member, acme: Tenant) -> None:
    person = add(acme, name="Ines Prata", stage="customer", job_title="Head of everything that has to do with candles")
    cookie = alice.client.cookies["sessionid"]
    phone = chromium.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, base_url=live_server.url
    )
    phone.add_cookies([{"name": "sessionid", "value": cookie.value, "url": live_server.url}])
    page = phone.new_page()
    page.goto(f"/acme/contacts/{person.pk}/")

    assert page.locator("#fact-stage .fact-edit").is_visible()
    assert page.evaluate(COVERED) == []

    phone.close()
