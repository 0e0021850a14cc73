"""Every page a member can open: readable by everybody in both themes, and no wider than a phone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.architecture.test_page_costs import grow
from tests.architecture.urls import ARGUMENTS, tenant_addresses
from tests.cast import Member
from tests.chromium import tab

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

# Addresses that answer no page, and what they answer.
NO_PAGE: dict[str, str] = {
    "like_contacts": "a part of the form of a new contact",
    "file": "a download",
    "open_jobs": "a part of the rail",
    "segment_state": "a part of a segment's head",
    "suggest_values": "options for a list below a field",
    "message_preview": "a message, for the frame that shows it",
    "case_conversation": "a part of a case's page",
    "recent_notifications": "a part of the bell's menu",
    "bell": "a part of the rail",
    "palette": "a part of the search dialog",
    "suggest_names": "options of a field's list",
    "original_message": "a mail, for the frame that shows it",
}


@pytest.fixture
def site(live_server: Any, settings: Any, acme: Tenant, alice: Member, chromium: Browser) -> Iterator[Page]:
    settings.ALLOWED_HOSTS = ["*"]
    grow(acme, 3)
    with tab(chromium, live_server.url) as page:
        cookie = alice.client.cookies["sessionid"].value
        page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        yield page


def test_every_page_is_readable_and_fits(site: Page, acme: Tenant, alice: Member) -> None:
    """One test for all pages, so that the browser and the rows are made once."""
    faults: list[str] = []
    for name, path in pages(acme, alice):
        site.set_viewport_size({"width": 1440, "height": 900})
        asked = site.request.get(path)
        if asked.status == 405 or name in NO_PAGE:
            continue
        assert asked.status == 200, (name, asked.status)
        site.goto(path)
        if site.locator("main").count() != 1:
            faults.append(f"{name}: no page")
            continue
        faults += [f"{name}: {fault}" for fault in look_at(site)]
    assert not faults, "\n".join(faults)


def look_at(page: Page) -> Iterator[str]:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for violation in Axe().run(page).response["violations"]:
            yield f"{scheme}: {violation['id']}: {violation['nodes'][0]['html'][:160]}"
    page.set_viewport_size({"width": 320, "height": 800})
    width = page.evaluate("document.documentElement.scrollWidth")
    if width > 320:
        yield f"{width} px wide on a screen of 320"


def pages(tenant: Tenant, member: Member) -> list[tuple[str, str]]:
    """Names and paths, with rows that are committed before the browser asks."""
    with tenant_context(tenant):
        return [
            (address.name, member.url(address.name, *(ARGUMENTS[name]() for name in address.parameters)))
            for address in tenant_addresses()
            if not {"membership_id", "invitation_id"} & set(address.parameters)
        ]
