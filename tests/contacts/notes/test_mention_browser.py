"""Names offered while somebody writes @ in a note: by keyboard, by touch, for a screen reader, without a script."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from contacts.models import Contact, ContactNote
from ecrm.notices.models import Notification
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant, User
from tests import factories as make
from tests.cases.test_browser import sign_in
from tests.cast import Member, join
from tests.chromium import tab
from tests.contacts.conftest import add
from tests.reading import violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "dispatch"])]


@pytest.fixture
def beas(acme: Tenant) -> list[User]:
    """Two colleagues of one name."""
    users = []
    for email in ("bea.lopes@acme.example", "beatriz@acme.example"):
        users.append(User.objects.create_user(email, "correct horse battery", name="Bea Lopes"))
        join(users[-1], acme, "support")
    return users


@pytest.fixture
def rita(acme: Tenant) -> Contact:
    return add(acme, name="Rita Reader", emails=["rita@example.org"])


@pytest.fixture
def page(chromium: Browser, live_server: Any, alice: Member, bob: Member) -> Iterator[Page]:
    with tab(chromium, live_server.url) as opened:
        yield sign_in(opened, alice, live_server)


def mentioned(tenant: Tenant) -> list[User]:
    with tenant_context(tenant):
        return [notice.user for notice in Notification.objects.filter(kind="note.mentioned").select_related("user")]


def test_one_of_two_alike_is_named_by_keyboard(page: Page, acme: Tenant, rita: Contact, beas: list[User]) -> None:
    page.goto(f"/acme/contacts/{rita.pk}/")
    box = page.get_by_role("textbox", name="Text")
    box.press_sequentially("Ask @bea")
    offered = page.get_by_role("listbox", name="Colleagues").get_by_role("option")
    expect(offered).to_have_count(2)
    expect(offered.first).to_have_attribute("aria-selected", "true")
    expect(box).to_be_focused()
    expect(box).to_have_attribute("aria-activedescendant", f"mention-{beas[0].pk}")
    expect(page.get_by_text("2 colleagues: arrow keys choose")).to_be_attached()
    box.press("ArrowDown")
    expect(box).to_have_attribute("aria-activedescendant", f"mention-{beas[1].pk}")
    expect(offered.nth(1)).to_contain_text("beatriz@acme.example")
    box.press("Enter")
    expect(box).to_have_value("Ask @beatriz ")
    expect(offered).to_have_count(0)
    box.press_sequentially("about the lid")
    box.press("Enter")
    expect(box).to_have_value("Ask @beatriz about the lid\n")
    box.press("Control+Enter")
    expect(page.get_by_text("Note saved.")).to_be_visible()
    assert mentioned(acme) == [beas[1]]


def test_escape_leaves_the_words_and_the_list_closed(page: Page, rita: Contact, beas: list[User]) -> None:
    page.goto(f"/acme/contacts/{rita.pk}/")
    box = page.get_by_role("textbox", name="Text")
    offered = page.get_by_role("listbox", name="Colleagues")
    box.press_sequentially("Ask @b")
    expect(offered).to_be_visible()
    box.press("Escape")
    expect(offered).to_be_hidden()
    with page.expect_response("**/compose/draft/") as kept:
        box.press_sequentially("ea")
    assert kept.value.ok, "time has passed"
    expect(offered).to_be_hidden()
    expect(box).not_to_have_attribute("aria-controls", "mentions")
    box.press_sequentially(" or @Bo")
    expect(offered.get_by_role("option")).to_have_count(1)
    box.press("Tab")
    expect(box).to_have_value("Ask @bea or @Bob ")


def test_who_types_faster_than_the_list_follows_keeps_every_word(page: Page, rita: Contact, beas: list[User]) -> None:
    page.goto(f"/acme/contacts/{rita.pk}/")
    box = page.get_by_role("textbox", name="Text")
    offered = page.get_by_role("listbox", name="Colleagues")
    box.press_sequentially("@bea")
    expect(offered.get_by_role("option")).to_have_count(2)
    # From here on no answer comes.
    page.route("**/search/members/**", lambda _route: None)
    box.press_sequentially(" ok")
    box.press("Enter")
    expect(box).to_have_value("@bea ok\n")
    expect(offered).to_be_hidden()
    page.unroute("**/search/members/**")
    box.press_sequentially("@bea")
    expect(offered.get_by_role("option")).to_have_count(2)
    page.route("**/search/members/**", lambda _route: None)
    box.press_sequentially(" too")
    offered.get_by_role("option").filter(has_text="bea.lopes@").click()
    expect(box).to_have_value("@bea ok\n@bea.lopes too")


def test_an_email_offers_nobody(page: Page, rita: Contact, beas: list[User]) -> None:
    page.goto(f"/acme/contacts/{rita.pk}/compose/?kind=email")
    box = page.get_by_role("textbox", name="Text")
    with page.expect_response("**/compose/draft/"):
        box.press_sequentially("See you @bea")
    expect(page.get_by_role("listbox", name="Colleagues")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_touched_on_a_phone(
    chromium: Browser, live_server: Any, alice: Member, acme: Tenant, rita: Contact, beas: list[User], scheme: Any
) -> None:
    with tab(
        chromium,
        live_server.url,
        viewport={"width": 320, "height": 640},
        has_touch=True,
        is_mobile=True,
        color_scheme=scheme,
    ) as page:
        sign_in(page, alice, live_server)
        page.goto(f"/acme/contacts/{rita.pk}/compose/")
        box = page.get_by_role("textbox", name="Text")
        box.tap()
        box.press_sequentially("@lopes")
        offered = page.get_by_role("option")
        expect(offered).to_have_count(2)
        assert offered.first.bounding_box()["height"] >= 44
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        assert violations(page) == []
        offered.filter(has_text="bea.lopes@").tap()
        expect(box).to_have_value("@bea.lopes ")
        expect(box).to_be_focused()


def test_a_note_is_changed_and_a_case_is_noted_alike(
    page: Page, acme: Tenant, alice: Member, bob: Member, rita: Contact
) -> None:
    alice.post("compose", rita.pk, form={"kind": "note", "text": "Wants a lid."})
    with tenant_context(acme):
        note = ContactNote.objects.get()
        case = make.CaseFactory(contact=rita)
    page.goto(alice.url("note_page", note.pk))
    page.get_by_label("Text").press("Control+End")
    page.get_by_label("Text").press_sequentially(" @bob")
    page.get_by_role("option").click()
    expect(page.get_by_label("Text")).to_have_value("Wants a lid. @Bob ")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Wants a lid.").first).to_be_visible()
    assert mentioned(acme) == [bob.user]

    page.goto(alice.url("case_page", case.pk))
    page.get_by_text("Private note", exact=True).click()
    box = page.get_by_role("textbox", name="Your answer or note")
    box.press_sequentially("@bo")
    expect(page.get_by_role("option")).to_be_in_viewport(ratio=1)
    box.press("Enter")
    expect(box).to_have_value("@Bob ")
