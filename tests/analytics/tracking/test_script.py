"""The visit script in a browser, on a shop of another origin: silent before a yes, gone after a no."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from analytics.models import Site, Visitor
from analytics.sample.shop import Shop, server
from analytics.tracking import script, sites, tokens
from contacts import services
from contacts.models import Event
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.analytics.tracking.visiting import FIREFOX, flush
from tests.chromium import FLAGS

browser_test = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "dispatch"])]


class Surfer:
    """A page of the shop, what it sent to eCRM, and what eCRM knows of it."""

    def __init__(self, page: Page, shop_url: str, acme: Tenant, site: Site) -> None:
        self.page, self.shop_url, self.acme, self.site = page, shop_url, acme, site
        self.sent: list[str] = []
        page.on("request", lambda request: self.sent.append(request.url) if "/p/e" in request.url else None)

    def go(self, path: str) -> None:
        self.page.goto(self.shop_url + path)
        self.page.wait_for_function("window.ecrm")

    def answer(self, name: str) -> None:
        with self.page.expect_response(lambda response: "/p/e" in response.url):
            self.page.get_by_role("button", name=name).click()

    def stored(self) -> Any:
        return self.page.evaluate("Object.entries(localStorage)")

    def views(self) -> list[str]:
        flush()
        with tenant_context(self.acme):
            told = Event.objects.filter(name="page.viewed").order_by("occurred_at", "id")
            return [event.properties["path"] for event in told]

    def leave(self) -> None:
        """What is queued goes out when the page is left; browsers do not tell of such requests."""
        before = len(self.views())
        self.page.goto(f"{self.shop_url}/shop.css")
        for _attempt in range(100):
            if len(self.views()) > before:
                return
            self.page.wait_for_timeout(50)
        raise AssertionError("The page left without a word.")


def test_it_is_small() -> None:
    assert len(script.compact()) < script.LARGEST


@pytest.fixture
def surfer(chromium: Chromium, live_server: Any, acme: Tenant) -> Iterator[Surfer]:
    with tenant_context(acme):
        site = sites.create_site(name="Shop", origins=["http://localhost:1"], by=None)
    serving = server(Shop(live_server.url, site.key), 0)
    origin = f"http://localhost:{serving.server_port}"
    with tenant_context(acme):
        sites.change_site(site=site, name="Shop", origins=[origin], by=None)
    Thread(target=serving.serve_forever, daemon=True).start()
    # A context's own user agent is not told by requests of pages that are being left.
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    human = chromium.browser_type.launch(executable_path=path, args=[*FLAGS, f"--user-agent={FIREFOX}"])
    page = human.new_context(locale="en-GB").new_page()
    page.set_default_timeout(10_000)
    yield Surfer(page, origin, acme, site)
    human.close()
    serving.shutdown()
    serving.server_close()


class TestInABrowser:
    pytestmark = browser_test

    def test_nothing_is_stored_or_sent_before_a_yes(self, surfer: Surfer) -> None:
        surfer.go("/")
        expect(surfer.page.get_by_text("May we remember your visits")).to_be_visible()
        surfer.page.evaluate("ecrm.track('wishlist.item_added', {})")
        surfer.go("/refills")
        assert (surfer.sent, surfer.stored(), surfer.page.context.cookies()) == ([], [], [])

    def test_after_a_yes_pages_are_known_and_the_question_is_gone(self, surfer: Surfer) -> None:
        surfer.go("/")
        surfer.answer("Yes, you may")
        surfer.go("/refills")
        expect(surfer.page.get_by_text("May we remember")).to_have_count(0)
        surfer.leave()
        assert surfer.views() == ["/", "/refills"]

    def test_a_no_is_remembered_without_an_identifier(self, surfer: Surfer) -> None:
        surfer.go("/")
        surfer.page.get_by_role("button", name="No, thank you").click()
        surfer.go("/refills")
        expect(surfer.page.get_by_text("May we remember")).to_have_count(0)
        assert surfer.sent == []
        assert [value for _name, value in surfer.stored()] == ['{"no":1}']

    def test_a_withdrawal_deletes_the_identifier_here_and_there(self, surfer: Surfer) -> None:
        surfer.go("/")
        surfer.answer("Yes, you may")
        assert surfer.views() == ["/"]
        surfer.answer("Forget me")
        assert "v" not in surfer.stored()[0][1]
        flush()
        with tenant_context(surfer.acme):
            assert Visitor.objects.get().withdrawn_at is not None
            assert not Event.objects.filter(visitor_id__isnull=False).exists()

    def test_pages_that_change_by_themselves_count_once_each(self, surfer: Surfer) -> None:
        surfer.go("/")
        surfer.answer("Yes, you may")
        surfer.page.evaluate(
            "history.pushState({}, '', '/one'); history.replaceState({}, '', '/two'); document.body.innerHTML = 'x'"
        )
        surfer.page.wait_for_timeout(400)  # longer than the script waits for the address to settle
        surfer.leave()
        assert surfer.views() == ["/", "/two"]

    def test_a_mails_link_joins_the_browser_and_leaves_the_address_bar(self, surfer: Surfer) -> None:
        with tenant_context(surfer.acme):
            dora = services.create_contact(by=None, name="Dora")
            token = tokens.make(dora.pk)
        surfer.go(f"/refills?e={token}&size=5")
        assert surfer.page.url == f"{surfer.shop_url}/refills?size=5"
        surfer.answer("Yes, you may")
        surfer.views()
        with tenant_context(surfer.acme):
            assert Event.objects.filter(name="page.viewed", contact_id=dora.pk).count() == 1

    def test_a_general_no_of_the_browser_is_respected_until_asked_otherwise(self, surfer: Surfer) -> None:
        surfer.page.add_init_script("Object.defineProperty(navigator, 'globalPrivacyControl', {value: true})")
        surfer.go("/")
        surfer.page.wait_for_load_state("networkidle")
        expect(surfer.page.get_by_text("May we remember")).to_have_count(0)
        surfer.answer("Remember my visits")
        assert surfer.views() == ["/"]

    def test_a_page_of_another_origin_gets_nowhere(self, surfer: Surfer) -> None:
        surfer.shop_url = surfer.shop_url.replace("localhost", "127.0.0.1")
        surfer.go("/")
        with surfer.page.expect_request(lambda request: "/p/e" in request.url):
            surfer.page.get_by_role("button", name="Remember my visits").click()
        surfer.page.wait_for_load_state("networkidle")
        assert surfer.views() == []
