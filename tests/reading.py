"""What a person who cannot see a page well would meet there, by axe."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
RULES = "axe.run(%s, {resultTypes: ['violations']}).then(found => found.violations)"


def violations(page: Page, *, within: str = "") -> list[dict[str, Any]]:
    """Of all rules, as the page is shown now. Half a megabyte of axe is read into a page once."""
    if page.evaluate("typeof window.axe") != "object":
        page.evaluate(AXE_SCRIPT)
    found: list[dict[str, Any]] = page.evaluate(RULES % (json.dumps(within) if within else "document"))
    return found


def barriers(page: Page, *, widths: Sequence[int]) -> list[str]:
    """What bars somebody at any of these widths, in either theme; the page stays in the last of both.

    It is not loaded again: no script of ours asks how wide a page is or in which theme, only styles do.
    """
    found: list[str] = []
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        found += [f"{width} px, {fault}" for fault in in_both_themes(page)]
        actual = page.evaluate("document.documentElement.scrollWidth")
        found += [f"{actual} px wide on a screen of {width}"] if actual > width else []
    return found


def in_both_themes(page: Page, *, within: str = "") -> Iterator[str]:
    for scheme in THEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for violation in violations(page, within=within):
            yield f"{scheme}: {violation['id']}: {violation['nodes'][0]['html'][:160]}"
