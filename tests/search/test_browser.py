"""The palette, the sheet of keys and the bell in a browser: by keyboard, readable by everybody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from contacts.services import create_contact
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.cast import Member
from tests.chromium import tab
from tests.factories import NotificationFactory
from tests.reading import barriers, in_both_themes

PAGES = ("", "notices/", "settings/notices/", "settings/setup/", "settings/places/", "help/", "search/?q=rui")
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(chromium: Browser, live_server: Any, acme: Tenant, alice: Member) -> Iterator[Page]:
    with tenant_context(acme):
        create_contact(name="Rui Tavares", emails=["rui@correio.example"], by=alice.user)
        create_contact(name="Rui Costa", by=alice.user)
        NotificationFactory(user=alice.user, url="/contacts/", facts={"title": "Import people.csv"})
    session = alice.client.cookies["sessionid"].value
    with tab(chromium, str(live_server.url)) as opened:
        opened.context.add_cookies([{"name": "sessionid", "value": session, "url": str(live_server.url)}])
        opened.goto("/acme/")
        yield opened


def test_a_person_is_found_and_opened_by_keyboard(page: Page) -> None:
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox")
    expect(field).to_be_focused()
    page.keyboard.type("tavares")
    option = page.get_by_role("option", name="Rui Tavares")
    expect(option).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", str(option.get_attribute("id")))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Rui Tavares")


def test_arrows_move_through_what_was_found_and_escape_gives_the_page_back(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.type("rui")
    options = page.get_by_role("option")
    expect(options).to_have_count(2)
    for _step in range(2):
        page.keyboard.press("ArrowDown")
    expect(options.nth(0)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowUp")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    assert page.url.endswith("/acme/")


def test_keys_lead_to_places_but_never_while_somebody_types(page: Page) -> None:
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url("**/acme/contacts/")
    page.keyboard.press("j")
    expect(page.locator("tbody tr").first.get_by_role("link").first).to_be_focused()
    page.keyboard.press("/")
    field = page.locator('main input[type="search"]')
    expect(field).to_be_focused()
    page.keyboard.type("gt?")
    expect(field).to_have_value("gt?")
    expect(page.locator("#shortcuts")).to_be_hidden()


def test_who_switched_them_off_presses_letters_in_vain(page: Page, alice: Member) -> None:
    alice.user.uses_shortcuts = False
    alice.user.save()
    page.reload()
    page.keyboard.press("?")
    expect(page.locator("#shortcuts")).to_be_hidden()
    page.keyboard.press("Control+k")
    expect(page.locator("#palette")).to_be_visible()


def test_the_bell_shows_what_is_new_and_opening_it_leads_there(page: Page) -> None:
    page.get_by_role("button", name="Notifications").click()
    page.get_by_role("link", name="Import people.csv: finished").click()
    page.wait_for_url("**/acme/contacts/")
    expect(page.locator("#bell .count")).to_have_count(0)


def test_without_script_the_rail_leads_to_the_search(chromium: Browser, live_server: Any, alice: Member) -> None:
    session = alice.client.cookies["sessionid"].value
    with tab(chromium, str(live_server.url), javascript=False) as page:
        page.context.add_cookies([{"name": "sessionid", "value": session, "url": str(live_server.url)}])
        page.goto("/acme/")
        page.get_by_role("link", name="Search").click()
        page.get_by_role("searchbox").fill("new contact")
        page.get_by_role("button", name="Search").click()
        expect(page.get_by_role("link", name="New contact", exact=True)).to_be_visible()


def test_axe_finds_nothing(page: Page) -> None:
    for address in (
        "",
        "notices/",
        "settings/notices/",
        "settings/setup/",
        "settings/places/",
        "help/",
        "search/?q=rui",
    ):
        page.goto(f"/acme/{address}")
        assert barriers(page, widths=(1440, 320)) == [], address


def test_axe_finds_nothing_in_what_opens(page: Page) -> None:
    page.keyboard.press("Control+k")
    expect(page.get_by_role("option").first).to_be_visible()
    assert list(in_both_themes(page, within="#palette")) == []
    page.reload()  # each from a page as it comes
    page.keyboard.press("?")
    expect(page.locator("#shortcuts")).to_be_visible()
    assert list(in_both_themes(page, within="#shortcuts")) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Notifications").click()
    expect(page.get_by_role("link", name="Import people.csv: finished")).to_be_visible()
    assert list(in_both_themes(page, within="#notices")) == []
