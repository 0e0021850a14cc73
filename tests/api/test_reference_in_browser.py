"""The reference works under the product's own strict policy, and a call from it reaches the API."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.api.conftest import Program
from tests.chromium import tab

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_it_shows_every_operation_and_tries_one(
    live_server: Any, settings: Any, chromium: Browser, shop: Program
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    shop.post("/contacts", {"name": "Ana Prata"})
    with tab(chromium, live_server.url) as page:
        page.goto(f"/api/v1/?workspace={shop.tenant.slug}")
        operation = page.locator("#operations-Contacts-list_contacts")
        operation.wait_for()
        assert page.locator(".opblock").count() > 20
        page.get_by_role("button", name="Authorize").first.click()
        page.locator(".auth-container input").fill(shop.secret)
        page.locator(".auth-btn-wrapper .authorize").click()
        page.locator(".auth-btn-wrapper .btn-done").click()
        operation.locator(".opblock-summary-control").click()
        operation.get_by_role("button", name="Try it out").click()
        operation.get_by_role("button", name="Execute").click()
        operation.locator(".live-responses-table .response .highlight-code", has_text="Ana Prata").first.wait_for()
