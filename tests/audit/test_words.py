"""Every action the product puts on record has a name that people can read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ecrm.audit import words

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("ecrm", "contacts", "consent", "campaigns", "cases", "analytics")
RECORDED = re.compile(r"""(?:audit|services|audit_services)\.record\(\s*["']([a-z_]+\.[a-z_]+)["']""")


def recorded_actions() -> list[str]:
    found = set()
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            found |= set(RECORDED.findall(path.read_text(encoding="utf-8")))
    return sorted(found)


def test_the_search_finds_what_is_recorded() -> None:
    assert {"contact.created", "campaign.sent", "audit.exported"} <= set(recorded_actions())


@pytest.mark.parametrize("action", recorded_actions())
def test_every_recorded_action_has_words(action: str) -> None:
    assert words.is_known(action), f"register words for {action} (ecrm.audit.words.register)"
