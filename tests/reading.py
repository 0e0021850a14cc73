"""What a person who cannot see a page well would meet there, by axe."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

RULES = "axe.run(document, {resultTypes: ['violations']}).then(found => found.violations)"


def violations(page: Page) -> list[dict[str, Any]]:
    """Of all rules, as the page is shown now. Half a megabyte of axe is read into a page once."""
    if page.evaluate("typeof window.axe") != "object":
        page.evaluate(AXE_SCRIPT)
    found: list[dict[str, Any]] = page.evaluate(RULES)
    return found
