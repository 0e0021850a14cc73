from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from campaigns.models import Campaign
from campaigns.sending import letters
from ecrm.mail import transports
from tests.campaigns.sending import world
from tests.mail.catching import RunningCatcher


@pytest.fixture(autouse=True)
def _forget_letters() -> None:
    """Ids repeat between tests, letters are kept by them."""
    letters._kept.clear()


@pytest.fixture
def catcher(tmp_path: Path, settings: Any) -> Iterator[RunningCatcher]:
    running = RunningCatcher(tmp_path)
    settings.RELAY_URL, settings.RELAY_LOG_URL = running.relay_url, running.http_url
    yield running
    for transport in transports._kept.__dict__.pop("transports", {}).values():
        transport.close()
    running.stop()


@pytest.fixture
def draft(in_acme: Any) -> Campaign:
    """A finished draft in English, to everybody of Acme, for the newsletter."""
    return world.campaign()
