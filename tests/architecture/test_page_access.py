"""Every page a member can open: readable by everybody in both themes, and no wider than a phone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.architecture.test_page_costs import grow
from tests.architecture.urls import ARGUMENTS, tenant_addresses
from tests.cast import Member
from tests.chromium import tab
from tests.reading import in_both_themes

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
SHARES = 10

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
    "named_members": "a part below a text, while somebody writes @",
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


@pytest.mark.parametrize("share", range(SHARES))
def test_every_page_is_readable_and_fits(share: int, site: Page, alice: Member) -> None:
    """A share of all pages in each test: rows are made once for many, and workers have something to share."""
    faults: list[str] = []
    for name, path in pages(share, alice):
        # More than half of the addresses take forms alone, which Django says sooner than a browser draws it.
        if alice.client.get(path).status_code == 405:
            continue
        site.set_viewport_size({"width": 1440, "height": 900})
        answer = site.goto(path)
        assert answer is not None
        assert answer.status == 200, (name, answer.status)
        if site.locator("main").count() != 1:
            faults.append(f"{name}: no page")
            continue
        faults += [f"{name}: {fault}" for fault in look_at(site)]
    assert not faults, "\n".join(faults)


def look_at(page: Page) -> Iterator[str]:
    yield from in_both_themes(page)
    page.set_viewport_size({"width": 320, "height": 800})
    width = page.evaluate("document.documentElement.scrollWidth")
    if width > 320:
        yield f"{width} px wide on a screen of 320"


def pages(share: int, member: Member) -> list[tuple[str, str]]:
    """Names and paths, with rows that are committed before the browser asks."""
    shown = [
        address
        for address in tenant_addresses()
        if address.name not in NO_PAGE and not {"membership_id", "invitation_id"} & set(address.parameters)
    ]
    with tenant_context(member.tenant):
        return [
            (address.name, member.url(address.name, *(ARGUMENTS[name]() for name in address.parameters)))
            for address in shown[share::SHARES]
        ]
