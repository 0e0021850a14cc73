"""The list in a browser: keys, the bar of acts, a phone's width, without script."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from contacts import services
from ecrm.tenancy.context import tenant_context
from tests.cast import Member
from tests.chromium import tab
from tests.reading import barriers

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "dispatch"])]

PAGES = [
    "/acme/contacts/?stage=lead&group=country&density=compact",
    "/acme/contacts/filter/?stage=lead",
    "/acme/contacts/columns/",
    "/acme/contacts/views/save/?stage=lead",
    "/acme/contacts/segment/?stage=lead",
]


@pytest.fixture
def people(alice: Member) -> None:
    with tenant_context(alice.tenant):
        for number in range(3):
            services.create_contact(by=None, name=f"Person {number}", country="PT", emails=[f"p{number}@x.example"])


@pytest.fixture
def page(chromium: Browser, live_server: Any, alice: Member, people: None) -> Iterator[Page]:
    with tab(chromium, live_server.url) as opened:
        yield signed_in(opened, alice, live_server)


def test_all_that_match_are_meant_only_while_that_says_so(page: Page, alice: Member) -> None:
    with tenant_context(alice.tenant):
        for number in range(60):
            services.create_contact(by=None, name=f"Many {number:02}", country="ES", emails=[f"m{number}@x.example"])
    page.goto("/acme/contacts/?country=ES&sort=name")
    page.keyboard.press("j")
    page.keyboard.press("x")
    every = page.get_by_label("All that match: 60")
    every.check()
    expect(page.get_by_text("60 selected")).to_be_visible()
    page.get_by_role("button", name="Clear selection").click()
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(every).not_to_be_checked()
    expect(page.get_by_text("1 selected")).to_be_visible()


def test_by_keys_alone(page: Page, alice: Member) -> None:
    page.goto("/acme/contacts/?sort=name")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="Person 1")).to_be_focused()
    page.keyboard.press("x")
    expect(page.get_by_text("1 selected")).to_be_visible()
    page.keyboard.press("a")
    expect(page.get_by_placeholder("Tags")).to_be_focused()
    page.keyboard.type("Press")
    page.get_by_role("button", name="Add tags").click()
    expect(page.get_by_text("Add tags: Press. 1 contact changed.")).to_be_visible()

    page.keyboard.press("j")
    page.keyboard.press("e")
    page.wait_for_url("**/edit/")
    page.goto("/acme/contacts/?sort=name")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Person 0")).to_be_visible()


def test_a_search_keeps_the_filter_and_marks_the_view_changed(page: Page, alice: Member) -> None:
    page.goto("/acme/contacts/views/save/?stage=lead")
    page.get_by_label("Name").fill("Leads")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("link", name="Leads")).to_have_attribute("aria-current", "page")

    page.keyboard.press("/")
    page.keyboard.type("person 2")
    expect(page.get_by_text("1 shown of 1")).to_be_visible()
    expect(page.get_by_role("link", name="Save as new")).to_be_visible()
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("Saved the view “Leads”")).to_be_visible()


def test_pages_are_accessible_and_fit_a_phone(page: Page) -> None:
    for path in PAGES:
        page.goto(path)
        assert barriers(page, widths=(1440, 320)) == [], path


@pytest.mark.parametrize("language", ["fr", "pt", "pl"])
def test_longer_words_fit_a_phone_as_well(page: Page, alice: Member, language: str) -> None:
    alice.user.language = language
    alice.user.save()
    page.set_viewport_size({"width": 320, "height": 800})
    for path in PAGES:
        page.goto(path)
        expect(page.locator("html")).to_have_attribute("lang", language)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path


def test_without_script(chromium: Browser, live_server: Any, alice: Member, people: None) -> None:
    with tab(chromium, live_server.url, javascript=False) as plain:
        signed_in(plain, alice, live_server)
        plain.goto("/acme/contacts/")
        plain.get_by_role("link", name="Filter", exact=True).click()
        plain.get_by_label("Field of rule 1").select_option("country")
        plain.get_by_role("button", name="Apply").click()
        plain.get_by_label("Add to: Country").select_option("PT")
        plain.get_by_role("button", name="Show contacts").click()
        expect(plain.get_by_text("Country is any of Portugal")).to_be_visible()

        plain.get_by_label("Select Person 1").check()
        plain.get_by_role("button", name="Set stage").click()
        plain.get_by_label("Stage").select_option("customer")
        plain.get_by_role("button", name="Set stage").click()
        expect(plain.get_by_text("1 contact changed")).to_be_visible()


def signed_in(page: Page, member: Member, live_server: Any) -> Page:
    cookie = member.client.cookies["sessionid"]
    page.context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": live_server.url}])
    return page
