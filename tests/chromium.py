"""Chromium for every test that looks at pages."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

# How long a page may take before the test gives up: long, for the machine may be busy with the other workers.
PATIENCE_MS = 30_000
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("needs Chromium (apt-get install chromium)")
    # Playwright's loop runs in this thread, where the live server's test code uses the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@contextmanager
def tab(chromium: Browser, base_url: str, *, javascript: bool = True, **further: Any) -> Iterator[Page]:
    """A tab of 1440 px unless told otherwise. What the page complains about fails the test."""
    wide: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
    context = chromium.new_context(base_url=base_url, java_script_enabled=javascript, **(wide | further))
    page = context.new_page()
    complaints: list[str] = []
    page.on(
        "console",
        lambda message: complaints.append(f"{message.text} ({page.url})") if message.type == "error" else None,
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.set_default_timeout(PATIENCE_MS)
    yield page
    context.close()
    # A status of 400 or above is no fault of the page, nor is a question that a newer one replaced; a
    # policy that was broken is.
    harmless = ("Failed to load resource", "Response Status Error", "htmx:sendAbort", "htmx:afterRequest")
    assert not [text for text in complaints if not text.startswith(harmless)]
