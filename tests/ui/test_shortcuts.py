"""Keys and words of help: one registry each, shown to whom they concern."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.template import Context, Template

from ecrm.ui import glossary, shortcuts
from ecrm.ui.shortcuts import Shortcut
from tests.cast import Member


def test_the_sheet_holds_what_a_role_may_do(alice: Member, vera: Member) -> None:
    keys = {
        member.user.name: re.findall(r'data-keys="([^"]+)"', member.get("today").content.decode())
        for member in (alice, vera)
    }
    assert {"g t", "g c", "?", "c"} <= set(keys["Alice"])
    assert "c" not in keys["Vera"]
    assert "g c" in keys["Vera"]


def test_two_places_cannot_want_the_same_keys(monkeypatch: Any) -> None:
    monkeypatch.setattr(shortcuts, "_shortcuts", dict(shortcuts._shortcuts))
    with pytest.raises(ValueError, match="g t"):
        shortcuts.register(Shortcut("g t", "Tea", "Go to", url_name="help"))


def test_no_key_is_the_start_of_another() -> None:
    keys = [shortcut.keys for shortcut in shortcuts.shortcuts(lambda _capability: True)]
    assert [(a, b) for a in keys for b in keys if b.startswith(f"{a} ")] == []


def test_who_switches_them_off_gets_none(alice: Member) -> None:
    form = {"name": "Alice", "language": "", "time_zone": ""}
    assert alice.client.post("/accounts/preferences/", form).status_code == 302
    assert "data-off" in alice.get("today").content.decode()
    alice.client.post("/accounts/preferences/", form | {"uses_shortcuts": "on"})
    assert "data-off" not in alice.get("today").content.decode()


def test_every_word_of_the_glossary_can_be_shown_twice_on_a_page() -> None:
    for key, term in glossary.TERMS.items():
        shown = Template(f'{{% help "{key}" %}}{{% help "{key}" %}}').render(Context({}))
        assert str(term.text)[:20] in shown.replace("&#x27;", "'").replace("&quot;", '"')
        ids = [part.split('"')[0] for part in shown.split(' id="')[1:]]
        assert len(set(ids)) == 2


def test_the_help_page_explains_every_word(vera: Member) -> None:
    page = vera.get("help").content.decode()
    assert all(f'id="{key}"' in page for key in glossary.TERMS)
