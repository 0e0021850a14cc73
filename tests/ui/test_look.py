"""The components in a browser: readable by everybody, at every width, by keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.reading import barriers, in_both_themes
from tests.ui import gallery

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGES = ["/ui/gallery/", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/ui/nowhere/"]


@pytest.mark.parametrize("address", PAGES)
def test_axe_finds_nothing(page: Page, address: str) -> None:
    page.goto(address)
    assert barriers(page, widths=(1440, 390)) == []


@pytest.mark.parametrize("opened", ["me", "tenants", "sample-menu", "sample-dialog"])
def test_axe_finds_nothing_in_what_opens(page: Page, opened: str) -> None:
    page.goto("/ui/gallery/")
    page.locator(f"#{opened}").evaluate("e => e.showModal ? e.showModal() : e.showPopover()")
    assert list(in_both_themes(page, within=f"#{opened}")) == []


@pytest.mark.parametrize("address", PAGES)
def test_no_page_scrolls_sideways(page: Page, address: str) -> None:
    page.goto(address)
    for width in (740, 320):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_dialog_opens_and_escape_gives_the_focus_back(page: Page) -> None:
    page.goto("/ui/gallery/")
    opener = page.get_by_role("button", name="Delete…")
    opener.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Delete segment?")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


def test_a_menu_opens_by_keyboard_and_closes_with_escape(page: Page) -> None:
    page.goto("/ui/gallery/")
    page.get_by_role("button", name="Sort", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#sample-menu")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#sample-menu")).to_be_hidden()


def test_the_theme_changes_at_once_and_stays(page: Page) -> None:
    page.goto("/ui/gallery/")
    with page.expect_response("**/ui/theme/"):
        page.locator(".rail-foot button").click()
        page.get_by_role("button", name="Dark").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.reload()
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"


def test_an_invalid_form_is_swapped_in_and_its_first_wrong_field_focused(page: Page) -> None:
    page.goto("/ui/sample-form/")
    page.locator("#id_name").fill("Lapsed")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#id_address")).to_be_focused()
    assert page.locator("#id_name").input_value() == "Lapsed"
    expect(page.get_by_role("alert").first).to_contain_text("things to correct")


def test_a_second_click_sends_nothing(page: Page) -> None:
    page.goto("/ui/sample-form/")
    gallery.posts.clear()
    with page.expect_response("**/ui/sample-form/"):
        page.get_by_role("button", name="Save").dblclick()
    page.wait_for_timeout(300)
    assert len(gallery.posts) == 1


def test_a_live_part_asks_again_but_is_only_sent_when_it_changed(page: Page) -> None:
    gallery.polls.clear()
    gallery.fact["now"] = "EV-1"
    page.goto("/ui/sample-live-page/")
    expect(page.locator("#live")).to_contain_text("EV-1")
    with page.expect_response(lambda response: response.status == 304):
        pass
    gallery.fact["now"] = "EV-2"
    expect(page.locator("#live")).to_contain_text("EV-2")
    assert gallery.polls.count(200) == 2


def test_a_toast_leaves_by_itself_but_not_from_under_the_pointer(page: Page) -> None:
    page.clock.install()
    page.goto("/ui/gallery/")
    toast = page.locator(".toast")
    toast.hover()
    page.clock.fast_forward(15_000)
    expect(toast).to_be_visible()
    page.mouse.move(5, 5)
    page.clock.fast_forward(11_000)
    expect(toast).to_have_count(0)


def test_a_lost_connection_is_said_and_taken_back(page: Page) -> None:
    page.goto("/ui/sample-form/")
    page.context.set_offline(True)
    expect(page.get_by_role("alert").filter(has_text="No connection")).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator("#lost")).to_be_hidden()


def test_everything_is_there_without_script(chromium: object, site: str) -> None:
    context = chromium.new_context(java_script_enabled=False, base_url=site)  # type: ignore[attr-defined]
    page = context.new_page()
    page.goto("/ui/sample-form/")
    page.locator("#id_name").fill("Lapsed")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert").first).to_contain_text("things to correct")
    expect(page.get_by_role("button", name="Show password")).to_have_count(0)
    page.locator(".rail-foot button").click()
    page.get_by_role("button", name="Dark").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    context.close()
