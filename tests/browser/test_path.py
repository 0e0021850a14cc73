"""The whole path as a new user walks it: import, contact, segment, campaign, mail, click, goodbye.

Workers are stood in for by ``work()``, which does in this process what Celery would do. Pictures of
each station are kept in ``.var/screenshots``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from campaigns import tasks
from campaigns.engagement import services as engagement
from campaigns.models import Campaign, Intent, Outcome
from ecrm.jobs import outbox
from ecrm.tenancy.context import bind_tenant, tenant_context
from ecrm.tenancy.models import Tenant
from tests.cast import Member
from tests.chromium import tab
from tests.mail.catching import RunningCatcher

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True, databases=["default", "dispatch", "migrate"]),
]
PICTURES = Path(__file__).resolve().parents[2] / ".var" / "screenshots"
PEOPLE = """Name,Email,City,Tags,Newsletter,Consent date,Consent origin
Rita Reader,rita@example.org,Porto,Fair,yes,2026-03-01,Market stall
Leo Leaver,leo@example.org,Braga,Fair,yes,2026-03-01,Market stall
Gil Gone,bounce@example.org,Faro,Fair,yes,2026-03-01,Market stall
Sol Silent,sol@example.org,Faro,Fair,,,
Wanda Wrong,not an address,Faro,Fair,yes,2026-03-01,Market stall
"""


@pytest.fixture
def page(live_server: Any, settings: Any, chromium: Browser, alice: Member) -> Iterator[Page]:
    settings.ALLOWED_HOSTS = ["*"]
    settings.BASE_URL = live_server.url
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tab(chromium, live_server.url) as opened:
        cookie = alice.client.cookies["sessionid"].value
        opened.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        yield opened


def test_from_a_file_to_a_goodbye(page: Page, acme: Tenant, catcher: RunningCatcher, tmp_path: Path) -> None:
    bring_people_in(page, acme, tmp_path)
    look_at_one(page)
    pick_them(page, acme)
    write_to_them(page, acme)
    assert sorted(catcher.delivered_to()) == ["leo@example.org", "rita@example.org"]
    answer(page, acme, catcher)
    write_again(page, acme)
    assert sorted(catcher.delivered_to()) == ["leo@example.org", "rita@example.org", "rita@example.org"]


def bring_people_in(page: Page, acme: Tenant, folder: Path) -> None:
    (folder / "people.csv").write_text(PEOPLE)
    page.goto("/acme/contacts/imports/")
    page.get_by_role("link", name="Import a file").first.click()
    page.locator("input[type=file]").set_input_files(folder / "people.csv")
    page.get_by_role("button", name="Upload").click()
    page.get_by_label("Consent date").first.select_option("consent.newsletter.at")
    page.get_by_label("Consent origin").first.select_option("consent.newsletter.origin")
    picture(page, "1-columns")
    page.get_by_role("button", name="Check the file").click()
    page.wait_for_url(re.compile(r"/imports/\d+/$"))
    work(acme)
    page.reload()
    picture(page, "2-check")
    page.get_by_role("button", name="Import 4 rows").click()
    page.wait_for_load_state()
    work(acme)
    page.reload()
    expect(page.get_by_role("main")).to_contain_text("4 rows came in")
    expect(page.get_by_role("main")).to_contain_text("exactly one @")
    page.get_by_role("link", name="Show contacts").click()
    expect(page.get_by_role("main")).to_contain_text("Rita Reader")
    picture(page, "3-contacts")


def look_at_one(page: Page) -> None:
    page.get_by_role("link", name="Rita Reader").first.click()
    page.wait_for_url(re.compile(r"/contacts/\d+/(\?in=.*)?$"))
    main = page.get_by_role("main")
    expect(main).to_contain_text("Granted")
    picture(page, "4-contact")
    page.get_by_role("link", name="Evidence").first.click()
    expect(page.get_by_role("main")).to_contain_text("Market stall")


def pick_them(page: Page, acme: Tenant) -> None:
    page.goto("/acme/segments/new/")
    page.get_by_label("Name", exact=True).first.fill("Met at the fair")
    page.get_by_label("Field of rule 1").select_option("tag")
    value = page.locator("[name='v.0.value']").first
    value.wait_for()
    value.select_option(label="Fair")
    expect(page.locator("#segment-rules")).to_contain_text("4")
    picture(page, "5-segment")
    page.get_by_role("button", name="Create segment").click()
    page.wait_for_url(re.compile(r"/segments/\d+/$"))
    work(acme)


def write_to_them(page: Page, acme: Tenant) -> None:
    page.goto("/acme/campaigns/new/")
    page.get_by_label("Name", exact=True).fill("After the fair")
    page.get_by_label("Segment").select_option(label="Met at the fair")
    page.get_by_role("button", name="Create campaign").click()
    page.wait_for_url(re.compile(r"/content/en/"))
    page.get_by_role("textbox", name="Subject").fill("Nice to meet you")
    expect(page.locator("#save-state")).to_contain_text("Saved")
    page.get_by_role("button", name="Button", exact=True).click()
    words = page.get_by_role("textbox", name="Words on the button")
    words.wait_for()
    words.fill("See the photos")
    page.get_by_role("textbox", name="Link").fill("https://shop.example/fair")
    expect(page.locator("#save-state")).to_contain_text("Saved")
    page.wait_for_load_state("networkidle")
    picture(page, "6-editor")
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(re.compile(r"/review/"))
    picture(page, "7-review")
    send_now(page, "After the fair")
    work(acme)
    page.reload()
    picture(page, "8-report")
    expect(page.get_by_role("main")).to_contain_text("2 of 3 handed over")


def answer(page: Page, acme: Tenant, catcher: RunningCatcher) -> None:
    """Rita clicks in a browser; Leo's mail program posts the one-click address."""
    mails = {mail["to"]: mail for mail in catcher.messages()}
    click = next(link for link in mails["rita@example.org"]["links"] if re.search(r"/p/[cl]/", link))
    read_in_peace(acme)
    response = page.request.get(click, max_redirects=0, headers={"User-Agent": FIREFOX})
    assert response.headers["location"] == "https://shop.example/fair"
    leave = re.search(r"List-Unsubscribe: <(http[^>]+)>", mails["leo@example.org"]["raw"].replace("\r\n ", " "))
    assert leave
    assert page.request.get(leave.group(1)).ok
    expect_state(page, "Leo", "Granted")
    assert page.request.post(leave.group(1), form={"List-Unsubscribe": "One-Click"}).ok
    expect_state(page, "Leo", "Withdrawn")
    work(acme)
    page.goto("/acme/campaigns/?state=done")
    page.get_by_role("link", name="After the fair").first.click()
    expect(page.get_by_role("main")).to_contain_text("Unsubscribed")
    picture(page, "9-answers")


def write_again(page: Page, acme: Tenant) -> None:
    page.get_by_role("button", name="Duplicate").first.click()
    page.wait_for_load_state()
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(re.compile(r"/review/"))
    send_now(page, "After the fair, copy")
    work(acme)
    page.reload()
    main = page.get_by_role("main")
    for reason in ("Consent withdrawn", "Address is blocked", "Never agreed"):
        expect(main).to_contain_text(reason)
    picture(page, "10-second-report")


FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def send_now(page: Page, name: str) -> None:
    page.get_by_role("link", name=re.compile("Send to")).first.click()
    page.get_by_label("Type the campaign's name to confirm").fill(name)
    page.get_by_role("button", name=re.compile("Send")).last.click()
    page.wait_for_url(re.compile(r"/report/"))


def expect_state(page: Page, name: str, state: str) -> None:
    page.goto(f"/acme/contacts/?q={name}")
    page.locator("main tbody").get_by_role("link", name=re.compile(name)).first.click()
    page.wait_for_url(re.compile(r"/contacts/\d+/(\?in=.*)?$"))
    expect(page.locator(".purposes").first).to_contain_text(state)


def read_in_peace(acme: Tenant) -> None:
    """A minute passes between the hand-over and the click."""
    from django.db import connections

    earlier = timezone.now() - timedelta(minutes=1)
    with connections["migrate"].cursor() as cursor:
        for model in (Intent, Outcome):
            cursor.execute(f"UPDATE {model.table()} SET created_at = %s WHERE tenant_id = %s", [earlier, acme.pk])


def work(acme: Tenant) -> None:
    """What the workers would do, until nothing is due."""
    with bind_tenant(acme):
        outbox.drain()
        with tenant_context(acme):
            sending = list(Campaign.objects.filter(state="sending").values_list("pk", flat=True))
        for campaign_id in sending:
            tasks.materialise(campaign_id)
            tasks.work(campaign_id)
        engagement.judge_hits(now=timezone.now() + timedelta(seconds=30))
        outbox.drain()


def picture(page: Page, name: str) -> None:
    # Hiding the caret is done with an inline style, which our policy forbids.
    page.screenshot(path=PICTURES / f"{name}.png", caret="initial")
