"""The inbox and the merge in a browser: closed by keyboard, readable on a phone, in both themes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from contacts.fields.writing import write
from contacts.models import Contact, DuplicatePair, Merge
from contacts.quality import work
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.cases.test_browser import sign_in
from tests.cast import Member
from tests.chromium import tab
from tests.contacts.conftest import add
from tests.contacts.fields.conftest import make
from tests.reading import barriers

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "dispatch"])]


@pytest.fixture
def people(acme: Tenant) -> list[Contact]:
    """Two pairs who look like one person each; the first pair differs in a field of the shop's own."""
    with tenant_context(acme):
        make("choice", key="tier")
        found = []
        for name, number in (("Ana Prata", "912345678"), ("Rui Luczak", "913345678")):
            found += [add(acme, name=name, phones=[number]), add(acme, name=name, phones=[number])]
        write("contact", {found[0].pk: {"tier": "gold"}, found[1].pk: {"tier": "silver"}}, by=None)
        while work.refresh_changed():
            pass
        work.count_today()
        assert DuplicatePair.objects.count() == 2
    return found


@pytest.fixture
def page(chromium: Browser, live_server: Any, alice: Member, people: list[Contact]) -> Iterator[Page]:
    with tab(chromium, live_server.url) as opened:
        yield sign_in(opened, alice, live_server)


def test_the_queue_is_worked_by_keyboard(page: Page, acme: Tenant) -> None:
    page.goto("/acme/contacts/quality/duplicates/")
    rows = page.locator("[data-rows] > li")
    expect(rows).to_have_count(2)
    page.keyboard.press("j")
    page.keyboard.press("d")
    page.get_by_role("button", name="Two people", exact=True).press("Enter")
    expect(rows).to_have_count(1)
    expect(rows.first.get_by_role("link").first).to_be_focused()
    page.keyboard.press("m")
    expect(page.get_by_role("heading", name="Merge two contacts")).to_be_visible()
    page.get_by_role("button", name="Merge").press("Enter")
    expect(page.locator("#toasts")).to_contain_text("is part of")
    expect(page.get_by_role("heading", name="Data quality")).to_be_visible()
    with tenant_context(acme):
        assert sorted(DuplicatePair.objects.values_list("state", flat=True)) == ["apart", "merged"]
        assert Merge.objects.count() == 1


def test_a_row_is_filled_in_where_it_stands(page: Page, acme: Tenant, people: list[Contact]) -> None:
    page.goto("/acme/contacts/quality/incomplete/")
    rows = page.locator("[data-rows] > li")
    expect(rows).to_have_count(4)
    page.keyboard.press("j")
    page.keyboard.press("e")
    field = rows.first.get_by_label("Email")
    expect(field).to_be_focused()
    field.fill("found@x.example")
    rows.first.get_by_label("Country").select_option("PT")
    rows.first.get_by_label("Language").select_option("pt")
    page.get_by_role("button", name="Save").press("Enter")
    expect(rows).to_have_count(3)
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("a")
    expect(page.get_by_label("Ticked rows:")).to_be_focused()
    page.get_by_role("button", name="Leave", exact=True).first.press("Enter")
    expect(rows).to_have_count(2)


def test_axe_finds_nothing_on_a_phone_or_a_desk(page: Page, people: list[Contact]) -> None:
    merge = f"/acme/contacts/{people[0].pk}/merge/{people[1].pk}/"
    for url in (merge, "/acme/contacts/quality/", "/acme/contacts/quality/incomplete/"):
        page.goto(url)
        assert barriers(page, widths=(1440, 320)) == [], url
    expect(page.get_by_role("navigation", name="What is wrong")).to_be_visible()
