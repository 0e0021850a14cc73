"""The editor as hands use it: by keyboard, with fields as chips, and without script."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from campaigns.models import Campaign
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.campaigns.pages import forms
from tests.campaigns.sending import world
from tests.cast import Member
from tests.chromium import tab

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def draft(acme: Tenant) -> Campaign:
    """Committed, so that the server sees it."""
    with tenant_context(acme):
        return world.campaign()


@pytest.fixture
def address(live_server: Any, settings: Any, alice: Member, draft: Campaign) -> str:
    settings.ALLOWED_HOSTS = ["*"]
    return f"{live_server.url}{alice.url('edit_content', draft.pk, 'en')}"


@pytest.fixture
def editor(chromium: Browser, live_server: Any, address: str, alice: Member) -> Iterator[Page]:
    with tab(chromium, live_server.url) as page:
        yield opened(page, live_server.url, address, alice)


@pytest.fixture
def plain_editor(chromium: Browser, live_server: Any, address: str, alice: Member) -> Iterator[Page]:
    with tab(chromium, live_server.url, javascript=False) as page:
        yield opened(page, live_server.url, address, alice)


def blocks(draft: Campaign) -> list[dict[str, Any]]:
    with tenant_context(draft.tenant_id):
        return forms.words(draft).blocks


def opened(page: Page, site: str, address: str, member: Member) -> Page:
    cookie = member.client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": site}])
    page.goto(address)
    return page


def test_words_are_written_with_chips_and_saved_on_the_way(editor: Page, draft: Campaign) -> None:
    editor.locator("summary[data-block=b2]").press("Enter")
    box = editor.get_by_role("textbox", name="Text", exact=True)
    expect(box).to_contain_text("Spring is here in City")
    box.click()
    editor.keyboard.press("Control+End")
    editor.keyboard.type(" Dear ")
    editor.locator("#block-b2").get_by_role("button", name="Field").click()
    editor.get_by_role("button", name="First name").click()
    editor.keyboard.type(", hello")
    editor.locator("#block-b2 .merge").last.click()
    editor.get_by_label("Say instead").fill("friend")
    editor.get_by_role("button", name="Set words").click()
    expect(editor.locator("#save-state")).to_contain_text("Saved")
    expect(editor.frame_locator("iframe.as-light").get_by_text("Dear friend, hello")).to_be_visible()
    html = blocks(draft)[1]["html"]
    assert "{{ contact.given_name | default: &quot;friend&quot; }}, hello" in html
    assert "{{ contact.city | default: &#x27;your town&#x27; }}" in html, "what was there is untouched"


def test_blocks_are_moved_by_keyboard_and_the_focus_stays(editor: Page, draft: Campaign) -> None:
    editor.locator("summary[data-block=b3]").focus()
    editor.keyboard.press("Alt+ArrowUp")
    expect(editor.locator("summary[data-block]").nth(1)).to_contain_text("Button")
    editor.locator("#up-b3").focus()
    editor.keyboard.press("Enter")
    expect(editor.locator("summary[data-block]").first).to_contain_text("Button")
    expect(editor.locator("#copy-b3")).to_be_visible()
    assert [block["id"] for block in blocks(draft)] == ["b3", "b1", "b2"]


@pytest.mark.parametrize("is_saved_first", [False, True], ids=["on its way there", "on its way back"])
def test_a_block_added_while_an_autosave_is_on_its_way_comes_open(
    editor: Page, draft: Campaign, is_saved_first: bool
) -> None:
    held: list[Any] = []

    def hold(route: Route) -> None:
        if "autosave" in (route.request.post_data or ""):
            held.append((route, route.fetch() if is_saved_first else None))
        else:
            route.continue_()

    editor.route("**/content/**", hold)
    editor.locator("summary[data-block=b1]").click()
    editor.get_by_role("textbox", name="Heading").fill("Slow")
    while not held:
        editor.wait_for_timeout(20)
    editor.get_by_role("button", name="Divider").click()
    for route, answer in held:
        route.fulfill(response=answer) if answer else route.continue_()

    expect(editor.locator("summary[data-block]")).to_have_count(4)
    expect(editor.locator("details[name=block]").last).to_have_attribute("open", "")
    expect(editor.locator("details[name=block][open]")).to_have_count(1)
    assert [block["kind"] for block in blocks(draft)] == ["heading", "text", "button", "divider"]
    assert blocks(draft)[0]["text"] == "Slow"


def test_whoever_adds_a_block_goes_on_writing_in_it(editor: Page, draft: Campaign) -> None:
    editor.get_by_role("button", name="Heading").press("Enter")
    expect(editor.get_by_role("textbox", name="Heading").last).to_be_focused()
    editor.keyboard.type("Come and see")
    expect(editor.locator("#save-state")).to_contain_text("Saved")
    assert [block["kind"] for block in blocks(draft)] == ["heading", "text", "button", "heading"]
    expect(editor.locator("summary[data-block]").last).to_contain_text("Come and see")
    assert blocks(draft)[-1]["text"] == "Come and see"


def test_it_works_without_script(plain_editor: Page, draft: Campaign) -> None:
    page = plain_editor
    page.get_by_role("button", name="Divider").click()
    page.locator("summary[data-block=b1]").click()
    page.get_by_role("textbox", name="Heading").fill("Hi {{ contact.given_nam }}")
    page.get_by_role("button", name="Save").click()
    assert [block["kind"] for block in blocks(draft)] == ["heading", "text", "button", "divider"]
    page.locator("summary[data-block=b1]").click()
    expect(page.locator("#id_b1-text_slot")).to_contain_text("Did you mean “contact.given_name”?")
    page.get_by_role("textbox", name="Heading").fill("Hi")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Who gets it")).to_be_visible()
    assert blocks(draft)[0]["text"] == "Hi"
