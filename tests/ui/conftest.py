"""The gallery, served beside the product, in a tab."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.chromium import tab


@pytest.fixture
def site(live_server: Any, settings: Any) -> str:
    """The address of a server that has the gallery beside the product."""
    settings.ROOT_URLCONF = "tests.ui.gallery"
    settings.ALLOWED_HOSTS = ["*"]
    return str(live_server.url)


@pytest.fixture
def page(chromium: Browser, site: str) -> Iterator[Page]:
    with tab(chromium, site) as opened:
        yield opened
