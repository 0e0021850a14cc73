"""The installation's relay for a test: a catcher of its own, let go of afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from campaigns.sending import letters
from ecrm.mail import transports
from ecrm.mail.catcher.rules import Faults
from tests.mail.catching import RunningCatcher


@pytest.fixture
def start_catcher(tmp_path: Path, settings: Any) -> Iterator[Callable[..., RunningCatcher]]:
    """Starts it with the faults a test asks for. Letters are forgotten: ids repeat between tests."""
    running: list[RunningCatcher] = []
    letters._kept.clear()

    def start(*, options: str = "&timeout=5", **faults: object) -> RunningCatcher:
        running.append(RunningCatcher(tmp_path, Faults(**faults)))
        settings.RELAY_URL = running[-1].relay_url + options
        settings.RELAY_LOG_URL = running[-1].http_url
        return running[-1]

    yield start
    for transport in transports._kept.__dict__.pop("transports", {}).values():
        transport.close()
    for catcher in running:
        catcher.stop()


@pytest.fixture
def catcher(start_catcher: Callable[..., RunningCatcher]) -> RunningCatcher:
    return start_catcher()
