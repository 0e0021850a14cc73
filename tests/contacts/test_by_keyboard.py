"""From the address to the finished task without a mouse: a segment with groups, a bulk act taken back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from contacts.models import Contact, Segment
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.cast import Member
from tests.chromium import tab
from tests.contacts.conftest import add

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "dispatch"])]

MOST_TABS = 120
FOCUSED = """() => {
  const it = document.activeElement;
  const words = it?.getAttribute("aria-label") || it?.labels?.[0]?.innerText || it?.innerText || it?.placeholder || "";
  return words.replace(/\\s+/g, " ").trim();
}"""


@pytest.fixture
def page(chromium: Browser, live_server: Any, alice: Member, acme: Tenant) -> Iterator[Page]:
    for name, country in (("Ana", "PT"), ("Bea", "PT"), ("Carl", "DE")):
        add(acme, name=name, country=country, emails=[f"{name.lower()}@example.com"])
    with tab(chromium, live_server.url) as opened:
        cookie = alice.client.cookies["sessionid"]
        opened.context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": live_server.url}])
        yield opened


def go_to(page: Page, words: str, *, back: bool = False) -> None:
    """Tab by Tab, until the focus is on what is called so."""
    page.wait_for_load_state()
    met = []
    for _press in range(MOST_TABS):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        met.append(page.evaluate(FOCUSED))
        if met[-1] == words:
            return
    raise AssertionError(f"no Tab leads to “{words}”, only to {met}")


def press(page: Page, words: str, *, back: bool = False) -> None:
    go_to(page, words, back=back)
    page.keyboard.press("Enter")


def choose(page: Page, field: str, words: str) -> None:
    go_to(page, field)
    page.keyboard.type(words)


def test_a_segment_with_two_groups(page: Page, alice: Member) -> None:
    page.goto("/acme/segments/new/")
    go_to(page, "Name")
    page.keyboard.type("By keys")
    choose(page, "Field of rule 1", "Last active")
    expect(page.get_by_label("Operator of rule 1")).to_be_visible()
    press(page, "Group")
    expect(page.get_by_label("Field of rule 2.1")).to_be_visible()
    choose(page, "Field of rule 2.1", "Country")
    expect(page.get_by_label("Operator of rule 2.1")).to_be_visible()
    choose(page, "Add to: Country", "Portugal")
    expect(page.get_by_role("button", name="Remove Portugal")).to_be_visible()
    press(page, "Group")
    expect(page.get_by_label("Field of rule 3.1")).to_be_visible()
    choose(page, "Field of rule 3.1", "City")
    expect(page.get_by_label("Operator of rule 3.1")).to_be_visible()
    choose(page, "Operator of rule 3.1", "is not known")
    page.keyboard.press("Tab")
    expect(page.locator(".survive", has_text="keeps")).to_have_count(3)
    press(page, "Create segment", back=True)
    expect(page.get_by_role("heading", level=1)).to_have_text("By keys")
    with tenant_context(alice.tenant):
        rule = Segment.objects.get().rule
    assert [next(iter(part)) for part in rule["all"]][1:] == ["any", "any"]


def test_people_are_tagged_together_and_untagged_again(page: Page, alice: Member) -> None:
    page.goto("/acme/contacts/")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    press(page, "Add tags")
    expect(page.get_by_label("Tags")).to_be_visible()
    go_to(page, "Tags")
    page.keyboard.type("spring")
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("2")
    assert _tagged(alice) == 2
    press(page, "Undo")
    expect(page.locator(".toast").last).to_be_visible()
    page.wait_for_load_state()
    assert _tagged(alice) == 0


def _tagged(alice: Member) -> int:
    with tenant_context(alice.tenant):
        return Contact.objects.filter(taggings__tag__name="spring").count()
