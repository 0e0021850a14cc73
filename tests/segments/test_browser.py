"""The rule builder in a browser: counts as one goes, keeps the keyboard's place, works without script."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from contacts.models import Contact, Segment
from contacts.segments.services import create_segment, recalculate
from ecrm.tenancy.context import tenant_context
from tests.cast import Member
from tests.chromium import tab
from tests.reading import barriers
from tests.segments.conftest import condition

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "dispatch"])]

RULE = {
    "all": [
        condition("country", "any_of", ["PT", "ES"]),
        {"any": [condition("event:page.viewed", "ever"), condition("stage", "any_of", ["lead"])]},
        {"none": [condition("city", "any_of", ["Vigo"])]},
    ]
}


@pytest.fixture
def people(alice: Member) -> None:
    from contacts import services

    with tenant_context(alice.tenant):
        for name, country in (("Ana", "PT"), ("Bea", "PT"), ("Carl", "DE")):
            services.create_contact(by=None, name=name, country=country)


def signed_in(page: Page, member: Member, live_server: Any) -> Page:
    cookie = member.client.cookies["sessionid"]
    page.context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": live_server.url}])
    return page


@pytest.fixture
def page(chromium: Browser, live_server: Any, alice: Member, people: None) -> Iterator[Page]:
    with tab(chromium, live_server.url) as opened:
        yield signed_in(opened, alice, live_server)


def test_counts_while_the_rule_is_written_and_keeps_the_place(page: Page, alice: Member) -> None:
    page.goto("/acme/segments/new/")
    page.get_by_label("Field of rule 1").select_option("country")
    page.get_by_label("Add to: Country").select_option("PT")
    expect(page.get_by_text("2 in segment")).to_be_visible()
    expect(page.get_by_text("keeps 67%")).to_be_visible()
    page.get_by_role("button", name="Rule", exact=True).click()
    page.get_by_label("Field of rule 2").select_option("event:page.viewed")
    page.get_by_label("Operator of rule 2").select_option("not_in_last")
    days = page.get_by_label("Days")
    days.fill("7")
    days.press("Tab")
    expect(page.locator(":focus")).to_have_attribute("aria-label", "Options for rule 2")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Move up").click()
    expect(page.get_by_label("Field of rule 1")).to_have_value("event:page.viewed")
    page.get_by_label("Name", exact=True).fill("Quiet in Portugal")
    page.get_by_role("button", name="Create segment").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Quiet in Portugal")
    with tenant_context(alice.tenant):
        rule = Segment.objects.get().rule
    assert rule == {"all": [condition("event:page.viewed", "not_in_last", 7), condition("country", "any_of", ["PT"])]}


def test_an_answer_that_comes_late_closes_no_menu_and_loses_no_words(page: Page) -> None:
    page.goto("/acme/segments/new/")
    page.get_by_label("Field of rule 1").select_option("event:page.viewed")
    days = page.get_by_label("Days")
    expect(days).to_be_visible()
    # From now on every answer takes its time.
    page.route("**/segments/draft/", lambda route: page.wait_for_timeout(700) or route.continue_())
    days.fill("7")
    days.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_timeout(1500)
    expect(page.get_by_role("button", name="Remove rule")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Exclusion").click()
    page.get_by_label("Name", exact=True).fill("Typed while the answer was on its way")
    expect(page.get_by_label("Field of rule 2.1")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Typed while the answer was on its way")
    expect(page.get_by_label("Days")).to_have_value("7")


def test_tab_goes_on_with_the_fields_of_a_condition_that_come_late(page: Page) -> None:
    page.goto("/acme/segments/new/")
    page.route("**/segments/draft/", lambda route: page.wait_for_timeout(700) or route.continue_())
    field = page.get_by_label("Field of rule 1")
    field.select_option("country")
    field.press("Tab")
    expect(page.get_by_label("Options for rule 1")).to_be_focused()
    expect(page.get_by_label("Operator of rule 1")).to_be_focused()


def test_enter_takes_a_value_before_it_saves(page: Page, alice: Member) -> None:
    page.goto("/acme/segments/new/")
    page.get_by_label("Name", exact=True).fill("On the coast")
    page.get_by_label("Field of rule 1").select_option("city")
    towns = page.get_by_label("City", exact=True)
    towns.fill("Faro, Lagos")
    towns.press("Enter")
    expect(page.get_by_text("0 in segment")).to_be_visible()
    expect(towns).to_have_attribute("value", "Faro, Lagos")
    expect(towns).to_be_focused()
    towns.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("On the coast")
    with tenant_context(alice.tenant):
        assert Segment.objects.get().rule == {"all": [condition("city", "any_of", ["Faro", "Lagos"])]}


def test_the_same_without_script(chromium: Browser, live_server: Any, alice: Member, people: None) -> None:
    with tab(chromium, live_server.url, javascript=False) as opened:
        page = signed_in(opened, alice, live_server)
        page.goto("/acme/segments/new/")
        page.get_by_label("Field of rule 1").select_option("country")
        page.get_by_role("button", name="Apply").click()
        page.get_by_label("Add to: Country").select_option("DE")
        page.get_by_role("button", name="Apply").click()
        expect(page.get_by_text("1 in segment")).to_be_visible()
        page.get_by_label("Name", exact=True).fill("Germany")
        page.get_by_role("button", name="Create segment").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Germany")


def test_readable_by_everybody_at_every_width(page: Page, alice: Member) -> None:
    with tenant_context(alice.tenant):
        segment = create_segment(name="Iberia, active", rule=RULE, by=None)
        recalculate(segment)
        person = Contact.objects.order_by("id")[0].pk
    for address in ("", f"{segment.pk}/", f"{segment.pk}/members/", f"{segment.pk}/why/?contact={person}"):
        page.goto(f"/acme/segments/{address}")
        assert barriers(page, widths=(1440, 320)) == [], address


def test_conditions_are_added_by_typing_and_moved_by_keys_and_by_dragging(page: Page) -> None:
    page.goto("/acme/segments/new/")
    page.get_by_label("Field of rule 1").select_option("country")
    expect(page.get_by_label("Operator of rule 1")).to_be_visible()
    search = page.get_by_label("Add a condition")
    search.fill("birthday")
    search.press("Enter")
    expect(page.get_by_label("Field of rule 2")).to_have_value("birthday")
    page.get_by_label("Field of rule 2").focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.get_by_label("Field of rule 1")).to_have_value("birthday")
    expect(page.locator(":focus")).to_have_attribute("aria-label", "Options for rule 1")
    page.locator('[data-row="1"] .drag').drag_to(page.locator('[data-row="0"]'))
    expect(page.get_by_label("Field of rule 1")).to_have_value("country")


def test_a_condition_is_dragged_into_a_group_across_groups_and_out(page: Page, alice: Member) -> None:
    stage, city, source = (
        condition("stage", "any_of", ["lead"]),
        condition("city", "known"),
        condition("source", "known"),
    )
    inner = {"none": [condition("language", "known")]}
    with tenant_context(alice.tenant):
        rule = {"all": [condition("country", "known"), {"any": [stage, city]}, {"any": [source, inner]}]}
        segment = create_segment(name="Dragged", rule=rule, by=None)
    page.goto(f"/acme/segments/{segment.pk}/")

    def criteria() -> str:
        names = page.locator('#rule-form select[name^="c."]').all()
        return " ".join(f"{each.get_attribute('name')}={each.input_value()}" for each in names)

    def drag(place: str, to: str, expected: str) -> None:
        page.locator(f'[data-row="{place}"] .drag').first.drag_to(page.locator(f'[data-row="{to}"]').first)
        page.wait_for_function(
            """expected => [...document.querySelectorAll('#rule-form select[name^="c."]')]
               .map(each => `${each.name}=${each.value}`).join(" ") === expected""",
            arg=expected,
        )
        assert criteria() == expected

    rest = "c.1.0=source c.1.1.0=language"
    drag("0", "1.1", f"c.0.0=stage c.0.1=country c.0.2=city {rest}")
    drag("0.0", "1.end", "c.0.0=country c.0.1=city c.1.0=source c.1.1.0=language c.1.2=stage")
    drag("1.1", "0.0", "c.0.0.0=language c.0.1=country c.0.2=city c.1.0=source c.1.1=stage")
    drag("0.2", "1", "c.0.0.0=language c.0.1=country c.1=city c.2.0=source c.2.1=stage")


def test_the_way_back_of_the_browser_brings_the_draft(page: Page, alice: Member) -> None:
    page.goto("/acme/segments/new/")
    page.get_by_label("Name", exact=True).fill("Half done")
    page.get_by_label("Field of rule 1").select_option("country")
    page.get_by_label("Add to: Country").select_option("PT")
    page.get_by_role("button", name="Rule", exact=True).click()
    page.get_by_label("Field of rule 2").select_option("city")
    expect(page.get_by_label("Operator of rule 2")).to_be_visible()

    page.goto("/acme/contacts/")
    page.go_back()
    expect(page.get_by_label("Operator of rule 2")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Half done")
    expect(page.get_by_text("keeps 67%")).to_be_visible()

    page.get_by_label("City", exact=True).fill("Faro")
    page.get_by_role("button", name="Create segment").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Half done")
    page.go_back()
    expect(page.get_by_label("Name", exact=True)).not_to_have_value("Half done")


def test_suggestions_appear_while_typing(page: Page, alice: Member) -> None:
    from contacts import services

    with tenant_context(alice.tenant):
        services.create_contact(by=None, name="Dora", city="Portimão")
    page.goto("/acme/segments/new/")
    page.get_by_label("Field of rule 1").select_option("city")
    field = page.get_by_label("City", exact=True)
    field.fill("Port")
    expect(page.locator("datalist option[value='Portimão']")).to_have_count(1)
    field.fill("Portimão")
    field.press("Tab")
    expect(page.get_by_text("1 in segment")).to_be_visible()


def test_the_pages_of_a_segment_are_readable_on_a_phone(page: Page, alice: Member) -> None:
    from contacts.segments import lists

    with tenant_context(alice.tenant):
        segment = create_segment(name="Everything", rule=RULE, by=None)
        recalculate(segment)
        static = lists.create_static(name="Guests", by=None, people=Contact.objects.all())
        recalculate(static)
    for address in (f"{segment.pk}/history/", f"{segment.pk}/overlap/", f"{static.pk}/", "new/list/"):
        page.goto(f"/acme/segments/{address}")
        assert barriers(page, widths=(390,)) == [], address
