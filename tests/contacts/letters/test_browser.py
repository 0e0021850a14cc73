"""Writing to a person in a browser: by keyboard, through SMTP both ways, without script, on a phone."""

from __future__ import annotations

import re
import smtplib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from contacts.models import Contact, Letter
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.cases.mails import mail, work
from tests.cases.test_browser import sign_in
from tests.cast import Member
from tests.chromium import tab
from tests.contacts.letters.conftest import caught, send_due
from tests.contacts.letters.test_write import letters
from tests.mail.catching import RunningCatcher
from tests.mail.inbound.conftest import RunningDoor, open_door
from tests.reading import barriers

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "dispatch"])]
__all__ = ["open_door"]  # a fixture


@pytest.fixture
def page(chromium: Browser, live_server: Any, bob: Member) -> Iterator[Page]:
    with tab(chromium, live_server.url) as opened:
        yield sign_in(opened, bob, live_server)


def test_there_and_back_through_smtp(
    page: Page, acme: Tenant, rita: Contact, catcher: RunningCatcher, open_door: Callable[..., RunningDoor]
) -> None:
    page.goto(f"/acme/contacts/{rita.pk}/")
    page.keyboard.press("e")
    page.get_by_label("Subject").fill("Your lid")
    box = page.get_by_role("textbox", name="Text")
    box.fill("It leaves today.")
    box.press("Control+Enter")
    expect(page.get_by_text("Your email is on its way.")).to_be_visible()
    expect(page.get_by_label("Emails on their way")).to_contain_text("rita@example.org")
    send_due(acme)
    (message,) = caught(catcher)
    back = message["Reply-To"].addresses[0].addr_spec
    with smtplib.SMTP("127.0.0.1", open_door().port, timeout=20) as door:
        door.sendmail("rita@example.org", [back], mail("Thank you!", subject="Re: Your lid"))
    work(acme)
    page.reload()
    expect(page.locator("#timeline")).to_contain_text("Answered an email: Re: Your lid")
    page.goto("/acme/")
    page.get_by_role("link", name="Rita Reader answered your email").click()
    expect(page.get_by_text("Thank you!")).to_be_visible()


def test_unsent_within_the_seconds(page: Page, acme: Tenant, rita: Contact) -> None:
    page.goto(f"/acme/contacts/{rita.pk}/compose/?kind=email")
    page.get_by_label("Subject").fill("Your lid")
    page.get_by_role("textbox", name="Text").fill("Too soon")
    page.get_by_role("button", name="Send").click()
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("textbox", name="Text")).to_have_value("Too soon")
    with tenant_context(acme):
        assert not Letter.objects.exists()


def sent(page: Page, rita: Contact) -> tuple[Locator, Locator]:
    """An email that can be taken back: the box it was written in, and the button for that."""
    page.goto(f"/acme/contacts/{rita.pk}/compose/?kind=email")
    page.get_by_label("Subject").fill("Your lid")
    box = page.get_by_role("textbox", name="Text")
    box.fill("It leaves today.")
    box.press("Control+Enter")
    undo = page.locator("#toasts").get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    return box, undo


def test_an_undo_keeps_what_was_typed_a_moment_ago(page: Page, acme: Tenant, rita: Contact) -> None:
    box, undo = sent(page, rita)
    box.fill("Wears a hat, tell nobody.")
    undo.click()
    expect(page.get_by_text("Your words are back in the composer.")).to_be_visible()
    expect(page.get_by_label("Subject")).to_have_value("Your lid")
    expect(box).to_have_value(re.compile("^It leaves today.*not an email.*Wears a hat, tell nobody[.]$", re.DOTALL))


def test_files_that_take_their_time_hold_up_no_undo(page: Page, acme: Tenant, rita: Contact) -> None:
    box, undo = sent(page, rita)
    page.locator("#compose-files").set_input_files({"name": "lid.txt", "mimeType": "text/plain", "buffer": b"round"})
    letters_left: list[int] = []

    def fail_once(route: Route) -> None:
        if letters_left:
            route.continue_()
            return
        letters_left.append(letters(acme))
        route.fulfill(status=500)

    page.route("**/compose/draft/", fail_once)
    undo.click()
    expect(page.get_by_text("Your words are back in the composer.")).to_be_visible()
    assert letters_left == [0], "taken back before the file was under way"
    expect(page.get_by_text("attach them again: lid.txt")).to_be_visible()
    expect(box).to_have_value("It leaves today.")


def test_nothing_asked_late_replaces_what_is_back(page: Page, rita: Contact) -> None:
    page.clock.install()
    box, undo = sent(page, rita)
    page.clock.pause_at(datetime.fromtimestamp(page.evaluate("Date.now()") / 1000 + 2, tz=UTC))
    page.locator("#compose-files").set_input_files({"name": "lid.txt", "mimeType": "text/plain", "buffer": b"round"})
    box.fill("More")
    asked: list[Route] = []
    page.route("**/compose/draft/", lambda route: asked.append(route))  # noqa: PLW0108
    with page.expect_request("**/compose/draft/"):
        undo.click()
    page.clock.run_for(3000)
    assert len(asked) == 1, "the file alone"
    asked[0].continue_()
    expect(page.get_by_role("link", name="lid.txt")).to_be_visible()
    expect(box).to_have_value(re.compile("^It leaves today.*More$", re.DOTALL))


def test_a_call_is_two_clicks_on_a_phone(page: Page, rita: Contact) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(f"/acme/contacts/{rita.pk}/")
    page.locator("#composer label", has_text="Call").click()
    page.get_by_role("button", name="Log call").click()
    expect(page.locator("#timeline li").first).to_contain_text("Call")


def test_words_survive_a_change_of_mind_and_a_reload(page: Page, rita: Contact) -> None:
    page.goto(f"/acme/contacts/{rita.pk}/")
    page.keyboard.press("n")
    box = page.get_by_role("textbox", name="Text")
    box.press_sequentially("Wants ten jugs")
    page.locator("#composer label", has_text="Task").click()
    expect(box).to_have_value("Wants ten jugs")
    expect(page.get_by_text("Draft kept")).to_be_visible()
    page.reload()
    expect(box).to_have_value("Wants ten jugs")


def test_marks_by_keyboard(page: Page, acme: Tenant, rita: Contact) -> None:
    page.goto(f"/acme/contacts/{rita.pk}/compose/?kind=email")
    box = page.get_by_role("textbox", name="Text")
    box.press_sequentially("New jugs")
    box.press("Control+a")
    box.press("Control+b")
    expect(box).to_have_value("**New jugs**")
    box.press("Control+b")
    box.press("Control+i")
    expect(box).to_have_value("_New jugs_")
    box.press("Control+z")
    expect(box).to_have_value("New jugs")
    box.press("Control+a")
    press(page, "Link")
    page.keyboard.type("https://acme.example/jugs")
    expect(box).to_have_value("[New jugs](https://acme.example/jugs)")
    box.press("Control+End")
    box.press("Enter")
    box.press_sequentially("small")
    press(page, "List")
    box.press("Enter")
    box.press_sequentially("large")
    press(page, "List")
    expect(box).to_have_value("[New jugs](https://acme.example/jugs)\n\n- small\n- large")
    press(page, "List")
    expect(box).to_have_value("[New jugs](https://acme.example/jugs)\n\n- small\nlarge")


def press(page: Page, mark: str) -> None:
    button = page.get_by_role("group", name="Formatting").get_by_role("button", name=mark)
    button.focus()
    button.press("Space")


@pytest.mark.parametrize("address", ["signature/", "letters/new/"])
def test_marks_in_settings(page: Page, address: str) -> None:
    page.goto(f"/acme/settings/{address}")
    box = page.locator("textarea")
    box.fill("Ana")
    box.select_text()
    page.get_by_role("button", name="Bold").click()
    expect(box).to_have_value("**Ana**")


def test_keys_choose_a_kind_and_go_on_to_its_words(page: Page, rita: Contact) -> None:
    """Also of the kind that is chosen already; arrows only look through the kinds."""
    page.goto(f"/acme/contacts/{rita.pk}/")
    page.keyboard.press("n")
    page.keyboard.type("eager buyer")
    box = page.get_by_role("textbox", name="Text")
    expect(box).to_have_value("eager buyer")
    box.press("Shift+Tab")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="Call")).to_be_focused()
    expect(page.get_by_role("radio", name="Call")).to_be_checked()


def test_without_script(chromium: Browser, live_server: Any, bob: Member, rita: Contact) -> None:
    with tab(chromium, live_server.url, javascript=False) as page:
        sign_in(page, bob, live_server)
        page.goto(f"/acme/contacts/{rita.pk}/")
        expect(page.get_by_role("button", name="Bold")).to_have_count(0)
        page.locator("#composer label", has_text="Task").click()
        page.get_by_role("textbox", name="Text").fill("Ask how the lid fits")
        page.get_by_role("button", name="Plan task").click()
        tasks = page.get_by_role("list", name="Tasks")
        expect(tasks).to_contain_text("Ask how the lid fits")
        tasks.get_by_role("button", name="Done").click()
        expect(tasks).to_have_count(0)


@pytest.mark.parametrize("kind", ["note", "email", "call", "task"])
def test_nothing_bars_anybody(page: Page, rita: Contact, kind: str) -> None:
    page.goto(f"/acme/contacts/{rita.pk}/compose/?kind={kind}")
    assert barriers(page, widths=(1440, 320)) == []
