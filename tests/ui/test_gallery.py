"""The gallery shows every component; only those who build the product see it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from playwright.sync_api import Browser

from ecrm.tenancy.models import User
from tests.cast import make_user
from tests.chromium import tab
from tests.reading import barriers

COMPONENTS = django_settings.BASE_DIR / "templates" / "_components"
CATALOGUE = django_settings.BASE_DIR / "templates" / "ui" / "gallery" / "catalogue.html"

# At the foot of every public page; its field has one id, so that a page holds it once.
SHOWN_ELSEWHERE = {"language_form"}


@pytest.fixture
def staff(db: None) -> User:
    user = make_user("Stella")
    user.is_staff = True
    user.save()
    return user


def test_every_component_has_a_specimen() -> None:
    shown = set(re.findall(r'{% specimen "([a-z_]+)"', CATALOGUE.read_text()))
    files = {path.stem for path in COMPONENTS.glob("*.html") if not path.stem.startswith("_")}
    assert files - shown - SHOWN_ELSEWHERE == set()
    assert files >= SHOWN_ELSEWHERE


def test_only_staff_see_it(staff: User) -> None:
    visitor, member, builder = Client(), Client(), Client()
    member.force_login(make_user("Alice"))
    builder.force_login(staff)
    assert [client.get("/ui/").status_code for client in (visitor, member, builder)] == [404, 404, 200]


def test_no_id_stands_twice(staff: User) -> None:
    client = Client()
    client.force_login(staff)
    ids = re.findall(r'\sid="([^"]+)"', client.get("/ui/").content.decode())
    assert sorted({one for one in ids if ids.count(one) > 1}) == []


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_axe_finds_nothing_at_any_width(chromium: Browser, live_server: Any, staff: User) -> None:
    client = Client()
    client.force_login(staff)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": str(live_server.url)}
    with tab(chromium, str(live_server.url)) as page:
        page.context.add_cookies([cookie])
        page.goto("/ui/")
        assert barriers(page, widths=(1440, 320)) == []
