"""The inbox in a browser: a conversation by keyboard, hostile mail, without script, on a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from cases.models import Case, CaseMessage
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.cases.mails import arrive, back_address, mail, send_due
from tests.cases.payloads import MARK, payloads
from tests.cast import Member
from tests.chromium import tab
from tests.mail.catching import RunningCatcher
from tests.reading import barriers

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "dispatch"])]


def sign_in(page: Page, member: Member, live_server: Any) -> Page:
    cookie = member.client.cookies["sessionid"]
    page.context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": live_server.url}])
    return page


@pytest.fixture
def page(chromium: Browser, live_server: Any, bob: Member) -> Iterator[Page]:
    with tab(chromium, live_server.url) as opened:
        yield sign_in(opened, bob, live_server)


def test_a_conversation_by_keyboard(page: Page, acme: Tenant, catcher: RunningCatcher) -> None:
    arrive(acme, mail())
    page.goto("/acme/cases/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Lid arrived chipped")
    page.keyboard.press("n")
    expect(page.get_by_text("Only members see it")).to_be_visible()
    page.locator("body").press("Escape")
    page.get_by_role("radio", name="Reply").check(force=True)
    page.get_by_role("textbox", name="Your answer or note").fill("A new lid is on its way.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Your answer is on its way.")).to_be_visible()
    expect(page.locator("#case-head")).to_contain_text("Waiting on customer")
    send_due(acme)
    assert catcher.delivered_to() == ["rita@example.org"]
    with tenant_context(acme):
        address = back_address(Case.objects.get())
    arrive(acme, mail("Thank you, it came today."), to=address)
    expect(page.locator("#conversation")).to_contain_text("Thank you, it came today.", timeout=15_000)
    expect(page.locator("#case-head")).to_contain_text("Waiting on us")
    page.locator("h1").click()
    page.keyboard.press("e")
    page.wait_for_url("**/acme/cases/**")
    expect(page.get_by_text("Case 1001 solved.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#case-head")).to_contain_text("Waiting on us")


def test_the_answer_comes_back_with_undo(page: Page, acme: Tenant, case: Case) -> None:
    page.goto(f"/acme/cases/{case.pk}/")
    page.get_by_role("textbox", name="Your answer or note").fill("Too soon")
    page.get_by_role("button", name="Send, wait on customer").click()
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("textbox", name="Your answer or note")).to_have_value("Too soon")
    with tenant_context(acme):
        assert case.messages.count() == 1


def test_words_survive_a_reload(page: Page, case: Case) -> None:
    page.goto(f"/acme/cases/{case.pk}/")
    box = page.get_by_role("textbox", name="Your answer or note")
    box.fill("We are looking")
    box.press("End")
    box.press_sequentially(" for one")
    expect(page.locator("#draft-note")).to_contain_text("Draft kept")
    page.reload()
    expect(box).to_have_value("We are looking for one")


def test_marks_go_around_what_is_selected(page: Page, case: Case) -> None:
    page.goto(f"/acme/cases/{case.pk}/")
    box = page.get_by_role("textbox", name="Your answer or note")
    box.fill("today")
    box.select_text()
    page.get_by_role("button", name="Bold").click()
    expect(box).to_have_value("**today**")


def test_the_watch_sees_what_runs_and_what_is_fetched(page: Page, live_server: Any) -> None:
    """What the tests below find nothing of, it would find."""
    ran, asked = watched(page, live_server.url)
    page.route("http://evil.example/**", lambda route: route.abort())
    page.set_content(f"<img src=x onerror=console.log('{MARK}')><img src=http://evil.example/x.png>")
    page.wait_for_load_state("networkidle")
    assert ran == [MARK]
    assert asked == ["http://evil.example/x.png"]


def test_hostile_mail_runs_nothing_and_fetches_nothing(
    page: Page, acme: Tenant, live_server: Any, start_case: Callable[[str], Case]
) -> None:
    """Every payload twice: through the door, and past it straight into the row."""
    every = list(payloads())
    assert len(every) > 100
    ran, asked = watched(page, live_server.url)
    page.context.on("page", lambda opened: opened.close())  # a link that was pressed opens a tab of its own
    for chunk in (every[start : start + 120] for start in range(0, len(every), 120)):
        case = start_case("\n".join(chunk))
        with tenant_context(acme):
            CaseMessage.objects.create(case=case, direction="in", text="\n".join(chunk)[:5000], html="\n".join(chunk))
        opened(page, f"cases/{case.pk}/")
        heads = page.locator("details.more > summary", has_text="As it was sent").all()
        assert heads
        for summary in heads:
            summary.click()
        expect(page.locator("iframe")).to_have_count(len(heads))
        for frame in page.locator("iframe").all():
            expect(frame.content_frame.locator("body")).to_be_attached()
            for link in frame.content_frame.locator("a:visible").all()[:3]:
                link.click(force=True, timeout=5000)
        with tenant_context(acme):
            for message in case.messages.all():
                opened(page, f"cases/messages/{message.pk}/")
    for address in ("", "cases/", f"contacts/{case.contact_id}/", "contacts/", "notices/"):
        opened(page, address)
    assert ran == []
    assert asked == []


def test_with_remote_pictures_shown_only_pictures_are_fetched(
    page: Page, acme: Tenant, live_server: Any, start_case: Callable[[str], Case]
) -> None:
    every = [f'{one}<img data-remote-src="http://pictures.example/p.png">' for one in payloads()]
    ran, _asked = watched(page, live_server.url)
    kinds: set[str] = set()
    page.route("http://pictures.example/**", lambda route: (kinds.add(route.request.resource_type), route.abort()))
    case = start_case("<p>Hello</p>")
    with tenant_context(acme):
        for start in range(0, len(every), 120):
            chunk = "\n".join(every[start : start + 120])
            CaseMessage.objects.create(case=case, direction="in", text="Look", html=chunk)
    opened(page, f"cases/{case.pk}/")
    for summary in page.locator("details.more > summary", has_text="As it was sent").all():
        summary.click()
    buttons = page.get_by_role("button", name="Show them").all()
    assert buttons
    for button in buttons:
        button.click()
        page.wait_for_load_state("networkidle")
    assert ran == []
    assert kinds == {"image"}


def test_remote_pictures_come_on_a_click_and_for_that_view_only(
    page: Page, live_server: Any, start_case: Callable[[str], Case]
) -> None:
    picture = "http://pictures.example/seen.png?who=rita"
    case = start_case(f'<p>Look</p><img src="{picture}"><script src="http://pictures.example/x.js"></script>')
    ran, asked = watched(page, live_server.url)
    page.route("http://pictures.example/**", lambda route: route.fulfill(body=b"", content_type="image/png"))
    page.goto(f"/acme/cases/{case.pk}/")
    page.get_by_text("As it was sent").click()
    expect(page.locator("iframe").content_frame.get_by_text("Look")).to_be_visible()
    assert asked == []
    with page.expect_request(picture) as request:
        page.get_by_role("button", name="Show them").click()
    assert "referer" not in request.value.headers
    expect(page.locator("iframe").content_frame.locator("img")).to_have_attribute("src", picture)
    page.reload()
    page.get_by_text("As it was sent").click()
    expect(page.locator("iframe").content_frame.get_by_text("Look")).to_be_visible()
    assert (ran, asked) == ([], [picture])


def opened(page: Page, address: str) -> None:
    response = page.goto(f"/acme/{address}")
    assert response is not None
    assert response.ok, f"{address}: {response.status}"


def watched(page: Page, ours: str) -> tuple[list[str], list[str]]:
    """What ran, and which strangers were asked for something."""
    ran: list[str] = []
    asked: list[str] = []
    page.context.on("console", lambda message: ran.append(message.text) if MARK in message.text else None)
    page.on("dialog", lambda dialog: (ran.append(dialog.message), dialog.dismiss()))
    page.on(
        "request",
        lambda request: (
            asked.append(request.url)
            if not request.url.startswith((ours, "data:", "about:", "blob:", "chrome-error:"))
            else None
        ),
    )
    return ran, asked


@pytest.fixture
def start_case(acme: Tenant) -> Callable[[str], Case]:
    def start(html: str) -> Case:
        evil = f"<img src=x onerror=console.log('{MARK}')>"
        arrive(
            acme,
            mail(
                evil,
                html=html,
                sender=f'"{evil.replace(chr(34), "")}" <rita@example.org>',
                subject=evil,
                files=[(f"{evil}.html", "text/html", evil.encode())],
            ),
        )
        with tenant_context(acme):
            return Case.objects.latest("pk")

    return start


def test_all_of_it_works_without_script(
    chromium: Browser, live_server: Any, bob: Member, acme: Tenant, case: Case
) -> None:
    with tab(chromium, live_server.url, javascript=False) as opened:
        page = sign_in(opened, bob, live_server)
        page.goto("/acme/cases/?q=chipped")
        page.get_by_role("link", name="Lid arrived chipped").click()
        page.get_by_role("textbox", name="Your answer or note").fill("Without script.")
        page.get_by_role("button", name="Keep draft").click()
        expect(page.get_by_role("textbox", name="Your answer or note")).to_have_value("Without script.")
        page.get_by_role("button", name="Send, wait on customer").click()
        expect(page.locator("#conversation")).to_contain_text("Without script.")
        page.get_by_role("button", name="Solve", exact=True).click()
        expect(page.locator("#list")).to_contain_text("Nothing here has what you search for")
        page.goto("/acme/cases/?view=solved&pick=1")
        expect(page.get_by_role("checkbox")).to_have_count(1)


def test_axe_finds_nothing(page: Page, bob: Member, acme: Tenant, case: Case) -> None:
    arrive(acme, mail("<b>", html="<p>Hello</p>", files=[("a.png", "image/png", b"x")]), to=back_address(case))
    for address in (
        "cases/",
        f"cases/{case.pk}/",
        "cases/?pick=1",
        "cases/new/",
        f"cases/{case.pk}/assign/",
        f"cases/{case.pk}/merge/",
    ):
        page.goto(f"/acme/{address}")
        assert barriers(page, widths=(1440, 1024, 390)) == [], address


def test_nothing_scrolls_sideways_at_320(page: Page, case: Case) -> None:
    page.set_viewport_size({"width": 320, "height": 800})
    for address in (
        "cases/",
        f"cases/{case.pk}/",
        "cases/?pick=1",
        "cases/new/",
        "settings/cases/",
        f"cases/{case.pk}/merge/",
    ):
        opened(page, address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, address


def test_on_a_phone_from_list_to_case_and_back(page: Page, case: Case) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto("/acme/cases/")
    page.get_by_role("link", name="Lid arrived chipped").click()
    expect(page.locator("#conversation")).to_be_visible()
    expect(page.locator("#list")).to_be_hidden()
    page.get_by_role("link", name="Back to the list").click()
    expect(page.locator("#list")).to_be_visible()
    page.get_by_role("button", name="Case views").click()
    page.get_by_role("link", name="Solved").click()
    expect(page.locator("#list")).to_contain_text("Nothing solved yet")
