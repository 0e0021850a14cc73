"""The admin in Chromium: the strict policy holds, names do not run, everybody can read and use it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from contacts.models import Contact
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests import factories as make
from tests.architecture.test_page_access import look_at
from tests.cast import Member
from tests.chromium import tab

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

NASTY = "<img src=x onerror=alert(1)><script>alert(2)</script>"


@pytest.fixture
def person(acme: Tenant) -> Contact:
    with tenant_context(acme):
        contact = make.EmailAddressFactory(contact__name=NASTY).contact
        make.TaggingFactory(contact=contact, tag__name=NASTY)
        make.EventFactory(contact_id=contact.pk)
        return contact


@pytest.fixture
def site(live_server: Any, settings: Any, alice: Member, chromium: Browser) -> Iterator[Page]:
    """A tab of Alice's. Leaving it fails the test for every breach of the policy."""
    settings.ALLOWED_HOSTS = ["*"]
    with tab(chromium, live_server.url) as page:
        cookie = alice.client.cookies["sessionid"].value
        page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        page.on("dialog", lambda dialog: pytest.fail(f"A name ran: {dialog.message}"))
        yield page


def paths(member: Member, person: Contact) -> list[str]:
    return [
        member.url("admin:index"),
        member.url("admin:contacts_contact_changelist"),
        member.url("admin:contacts_contact_change", person.pk),
        member.url("admin:contacts_contact_add"),
        member.url("admin:contacts_contact_history", person.pk),
        member.url("admin:contacts_event_changelist"),
        member.url("admin:contacts_tagging_changelist"),
        member.url("admin:tenancy_team_add"),
    ]


def test_the_strict_policy_holds_and_names_do_not_run(site: Page, alice: Member, person: Contact) -> None:
    for path in paths(alice, person):
        assert site.goto(path).status == 200
        site.wait_for_load_state("networkidle")


def test_pages_are_readable_and_fit(site: Page, alice: Member, person: Contact) -> None:
    faults: list[str] = []
    for path in paths(alice, person):
        # Pages of their own: what axe itself puts into one breaks the policy.
        page = site.context.new_page()
        page.goto(path)
        page.wait_for_load_state("networkidle")
        faults += [f"{path}: {fault}" for fault in look_at(page)]
        page.close()
    assert not faults, "\n".join(faults)


def test_a_person_gets_an_owner_by_keyboard(site: Page, alice: Member, bob: Member, person: Contact) -> None:
    site.goto(alice.url("admin:contacts_contact_change", person.pk))
    site.get_by_role("combobox", name="Owner").focus()
    site.keyboard.press("Enter")
    site.keyboard.type("bob@")
    site.get_by_role("option", name="Alice").wait_for(state="detached")
    site.get_by_role("option", name="Bob").wait_for()
    site.keyboard.press("Enter")
    site.locator("input[name=_save]").focus()
    site.keyboard.press("Enter")
    site.locator(".messagelist .success").wait_for()
    with tenant_context(alice.tenant):
        assert Contact.objects.get(pk=person.pk).owner == bob.user
