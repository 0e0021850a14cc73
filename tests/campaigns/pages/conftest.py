from __future__ import annotations

from typing import Any

import pytest

from campaigns.models import Campaign
from campaigns.sending import letters
from tests.campaigns.sending import world


@pytest.fixture(autouse=True)
def _forget_letters() -> None:
    """Ids repeat between tests, letters are kept by them."""
    letters._kept.clear()


@pytest.fixture
def draft(in_acme: Any) -> Campaign:
    """A finished draft in English, to everybody of Acme, for the newsletter."""
    return world.campaign()
