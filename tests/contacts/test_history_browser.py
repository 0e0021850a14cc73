"""The page of a person in a browser: lines that open, a detail in its place, the next of the list, paper."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from contacts import events, services
from contacts.events import NewEvent
from contacts.models import Contact
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.cases.test_browser import sign_in
from tests.cast import Member
from tests.chromium import tab
from tests.contacts.conftest import add
from tests.reading import barriers

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "dispatch"])]


@pytest.fixture
def page(chromium: Browser, live_server: Any, alice: Member) -> Iterator[Page]:
    with tab(chromium, live_server.url) as opened:
        yield sign_in(opened, alice, live_server)


@pytest.fixture
def visited(acme: Tenant, ines: Contact) -> Contact:
    with tenant_context(acme):
        events.record_many([NewEvent("page.viewed", ines.pk, properties={"title": f"Jar {n}"}) for n in range(4)])
    return ines


def test_a_line_opens_by_keyboard(page: Page, visited: Contact) -> None:
    page.goto(f"/acme/contacts/{visited.pk}/")
    expect(page.get_by_text("Viewed Jar 2")).to_be_hidden()
    page.get_by_text("Show each").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Viewed Jar 2")).to_be_visible()


def test_two_people_at_one_detail(page: Page, acme: Tenant, mara: Member, visited: Contact) -> None:
    page.goto(f"/acme/contacts/{visited.pk}/")
    page.get_by_role("link", name="Add “Job title”").press("Enter")
    box = page.get_by_role("textbox", name="Job title")
    expect(box).to_be_focused()
    with tenant_context(acme):
        services.edit_contact(contact=visited, by=mara.user, job_title="Glazier")
    box.fill("Potter")
    box.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Mara changed this meanwhile")
    expect(page.get_by_role("alert")).to_contain_text("Glazier")
    page.get_by_role("button", name="Save yours").press("Enter")
    expect(page.locator("#fact-job_title")).to_contain_text("Potter")
    expect(page.get_by_role("link", name="Edit “Job title”")).to_be_focused()


def test_on_to_the_next_by_a_key(page: Page, acme: Tenant, visited: Contact) -> None:
    rui = add(acme, name="Rui Prata")
    page.goto("/acme/contacts/?sort=name")
    page.get_by_role("link", name="Inês Prata").click()
    expect(page.get_by_role("link", name="Next in the list")).to_be_visible()
    page.keyboard.press("j")
    page.wait_for_url(f"**/contacts/{rui.pk}/**")
    expect(page.get_by_role("link", name="Previous in the list")).to_be_visible()
    page.keyboard.press("k")
    page.wait_for_url(f"**/contacts/{visited.pk}/**")


def test_paper_has_the_record_and_no_frame(page: Page, visited: Contact) -> None:
    page.goto(f"/acme/contacts/{visited.pk}/")
    page.emulate_media(media="print")
    for shown in (page.get_by_text("Viewed 4 pages"), page.locator("#details"), page.locator(".purposes")):
        expect(shown.first).to_be_visible()
    for hidden in (page.locator(".rail"), page.get_by_role("button"), page.get_by_role("search")):
        expect(hidden.locator("visible=true")).to_have_count(0)


def test_nothing_in_the_way(chromium: Browser, live_server: Any, alice: Member, visited: Contact) -> None:
    context = chromium.new_context(base_url=live_server.url, bypass_csp=True, viewport={"width": 320, "height": 800})
    page = sign_in(context.new_page(), alice, live_server)
    page.goto(f"/acme/contacts/{visited.pk}/")
    page.get_by_text("Show each").click()
    page.get_by_role("link", name="Add “Job title”").click()
    expect(page.get_by_role("textbox", name="Job title")).to_be_visible()
    assert barriers(page, widths=(320,)) == []
    context.close()
