"""Pages and their parts, toasts with a way back, and the files a page links to."""

from __future__ import annotations

import re
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.storage.fallback import FallbackStorage
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from ecrm.ui import parts, styles
from ecrm.ui.toasts import toast
from tests.cast import Member

FACTS = "_components/facts.html"


def ask(**headers: str) -> HttpRequest:
    request = RequestFactory().get("/", headers=headers)
    request.user, request.session = AnonymousUser(), {}
    request._messages = FallbackStorage(request)
    return request


def answer(request: HttpRequest, status: int = 200) -> HttpResponse:
    return parts.render_page(request, "404.html", part=FACTS, context={"facts": [("Born", "")]}, status=status)


def test_a_browser_gets_the_page_and_htmx_the_part() -> None:
    assert "<!doctype html>" in answer(ask()).text
    part = answer(ask(**{"HX-Request": "true"}))
    assert part.text.strip().startswith("<dl")
    assert "HX-Request" in part.headers["Vary"]


@pytest.mark.parametrize("header", ["HX-Boosted", "HX-History-Restore-Request"])
def test_followed_links_and_restored_history_get_the_whole_page(header: str) -> None:
    assert "<!doctype html>" in answer(ask(**{"HX-Request": "true", header: "true"})).text


def test_a_failed_part_says_so() -> None:
    assert answer(ask(**{"HX-Request": "true"}), status=parts.INVALID).status_code == 422


def test_a_part_carries_the_toast_with_its_way_back() -> None:
    request = ask(**{"HX-Request": "true"})
    toast(request, "Archived <3>", undo="/acme/contacts/7/restore/?a=1&b=2")
    part = answer(request).text
    assert 'hx-swap-oob="beforeend"' in part
    assert "Archived &lt;3&gt;" in part
    assert 'action="/acme/contacts/7/restore/?a=1&amp;b=2"' in part


def test_a_live_part_answers_304_until_it_changes() -> None:
    first = parts.render_live(ask(), FACTS, {"facts": []}, version="v1")
    assert (first.status_code, first.headers["Cache-Control"]) == (200, "private, no-cache")
    known = ask(**{"If-None-Match": first.headers["ETag"]})
    same = parts.render_live(known, FACTS, {"facts": []}, version="v1")
    assert (same.status_code, same.content) == (304, b"")
    assert parts.render_live(known, FACTS, {"facts": []}, version="v2").status_code == 200
    assert parts.render_live(known, FACTS, {"facts": []}, version="v1", is_done=True).status_code == 286


def test_a_version_follows_every_fact() -> None:
    assert parts.version_of("running", 3) == parts.version_of("running", 3)
    assert parts.version_of("running", 3) != parts.version_of("running", 4)


def status_of(path: str) -> str:
    """What the server answers: static files are served in front of Django, where no test client comes."""
    from ecrm.wsgi import application

    asked: dict[str, Any] = {"PATH_INFO": path}
    setup_testing_defaults(asked)
    said: list[str] = []
    body = application(asked, lambda status, headers: said.append(status))
    getattr(body, "close", lambda: None)()
    return said[0]


def test_the_style_sheet_is_one_file_that_may_be_kept(client: Client, db: None) -> None:
    address = re.search(r'<link rel="stylesheet" href="([^"]+)"', client.get("/accounts/login/").text)
    assert address
    answered = client.get(address.group(1))
    css = answered.text
    assert "@import" not in css
    assert ".btn" in css
    assert "immutable" in answered.headers["Cache-Control"]
    assert css.count("{") == css.count("}")
    fonts = re.findall(r'url\("([^"]+)"\)', css)
    assert fonts
    assert [status_of(font) for font in fonts] == ["200 OK"] * len(fonts)
    stale = client.get(re.sub(r"app-[0-9a-f]+", "app-old", address.group(1)))
    assert stale.headers["Cache-Control"] == "no-cache"


def test_every_style_source_is_in_the_bundle() -> None:
    elsewhere = {"app.css", "administration.css"}  # the entry itself, and what Django's admin wears
    entry = (styles._folder() / "app.css").read_text()
    sources = {str(p.relative_to(styles._folder())) for p in styles._folder().rglob("*.css")} - elsewhere
    assert set(re.findall(r'@import url\("([^"]+)"\)', entry)) == sources


def test_a_brand_is_a_style_sheet_of_its_own(client: Client, db: None) -> None:
    assert "0.078 35" in client.get("/ui/brand/35.css").text
    assert client.get("/ui/brand/360.css").status_code == 404


def test_the_theme_is_kept_without_script_and_only_leads_back_to_us(client: Client, db: None) -> None:
    form = {"theme": "dark", "next": "https://evil.example/"}
    assert client.post("/ui/theme/", form).headers["Location"] == "/"
    assert 'data-theme="dark"' in client.get("/accounts/login/").text
    client.post("/ui/theme/", {"theme": "", "next": "/accounts/login/"})
    assert "data-theme" not in client.get("/accounts/login/").text


def test_the_switcher_lists_only_ones_own_workspaces(alice: Member, charlie: Member) -> None:
    text = alice.client.get("/ui/workspaces/", {"current": "acme"}).text
    assert 'href="/acme/" aria-current="true"' in text
    assert "globex" not in text
    assert Client().get("/ui/workspaces/").status_code == 404


@pytest.mark.parametrize("address", ["/acme/members/", "/acme/roles/", "/acme/settings/workspace/", "/acme/jobs/"])
def test_the_workspaces_own_pages_stand_in_the_shell(alice: Member, address: str) -> None:
    text = alice.client.get(address).text
    assert '<nav class="rail"' in text
    assert "style=" not in text
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r'\son[a-z]+="', text)
