"""Logs tell routes and ids; no address, name or token gets into them."""

from __future__ import annotations

import logging

import pytest

from ecrm.logs import mask_addresses
from ecrm.tenancy.models import Tenant
from tests.cast import Member


def test_addresses_are_masked_wherever_they_stand() -> None:
    event = mask_addresses(
        None, "info", {"event": "sent to ana@example.com", "error": "<bob@shop.example> refused", "n": 3}
    )
    assert event == {"event": "sent to <address>", "error": "<<address>> refused", "n": 3}


def test_a_search_leaves_its_route_only(alice: Member, acme: Tenant, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    alice.get("contact_list", query={"q": "canary-name canary@example.com"})
    assert "contact_list" in caplog.text
    assert "canary" not in caplog.text
