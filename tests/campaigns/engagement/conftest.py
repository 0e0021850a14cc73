from __future__ import annotations

from typing import Any

import pytest

from campaigns.sending import letters
from tests.campaigns.engagement.mailing import Mailing


@pytest.fixture(autouse=True)
def _forget_letters() -> None:
    """Ids repeat between tests, letters are kept by them."""
    letters._kept.clear()


@pytest.fixture
def mailing(in_acme: Any) -> Mailing:
    """Sent an hour ago to Ana, who allows tracking, and to Bruno, who does not."""
    return Mailing.sent()
