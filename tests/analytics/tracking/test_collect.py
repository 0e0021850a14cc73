"""The door for visits: takes what a site's pages send after a yes, and nothing else."""

from __future__ import annotations

import json
import secrets
import time
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from analytics.models import Site, Visitor, VisitorAnswer
from analytics.tracking import sites
from contacts.models import Event, RefusedEvent
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.analytics.tracking.visiting import ORIGIN, Browser, flush


def views() -> list[str]:
    told = Event.objects.filter(name="page.viewed").order_by("occurred_at", "id")
    return [event.properties["path"] for event in told]


def test_page_views_after_a_yes_are_in_the_history(browser: Browser) -> None:
    assert browser.view("/a", age_ms=2_000).status_code == 204
    assert browser.view("/b").status_code == 204
    assert views() == []
    flush()
    assert views() == ["/a", "/b"]
    visitor = Visitor.objects.get()
    assert set(Event.objects.values_list("visitor_id", "contact_id")) == {(visitor.pk, None)}


def test_the_answer_is_kept_with_its_evidence(browser: Browser) -> None:
    browser.view("/a")
    browser.view("/b")
    flush()
    answer = VisitorAnswer.objects.get()
    assert answer.action == "granted"
    assert answer.page == f"{ORIGIN}/start"
    assert answer.agent == "Firefox, computer"
    assert answer.notice.text.startswith("May we remember your visits")
    assert int(answer.given_at.timestamp()) == browser.since


def test_nothing_is_kept_of_a_browser_that_never_said_yes(shop: Site) -> None:
    Browser(shop, since=0).view("/a")
    flush()
    assert views() == []
    assert not Visitor.objects.exists()


def test_a_yes_of_fourteen_months_ago_is_none(shop: Site) -> None:
    Browser(shop, since=time.time() - 425 * 86_400).view("/a")
    flush()
    assert views() == []


def test_queries_and_unknown_facts_are_left_out(browser: Browser) -> None:
    browser.send(
        ["page.viewed", 0, {"path": "/a?email=dora@example.com#x", "title": "A", "secret": 1, "utm_source": "ad"}]
    )
    flush()
    assert Event.objects.get().properties == {"path": "/a", "title": "A", "utm_source": "ad"}


def test_a_replayed_request_counts_once(browser: Browser) -> None:
    body = json.dumps(
        {"v": browser.identifier, "b": secrets.token_hex(8), "c": [1, browser.since, "en"],
         "e": [["page.viewed", 0, {"path": "/a"}]]}
    )  # fmt: skip
    for _time in range(3):
        assert browser.post(body).status_code == 204
    flush()
    browser.post(body)
    flush()
    assert views() == ["/a"]


@pytest.mark.parametrize("origin", ["https://evil.example", "https://shop.example.evil.example", "null", ""])
def test_other_origins_are_refused(browser: Browser, origin: str) -> None:
    refused = browser.view("/a", origin=origin)
    assert refused.status_code == 403
    assert "Access-Control-Allow-Origin" not in refused
    flush()
    assert views() == []


def test_an_identifier_means_nothing_to_another_tenant(browser: Browser, globex: Tenant) -> None:
    browser.view("/a")
    with tenant_context(globex):
        theirs = Browser(sites.create_site(name="Theirs", origins=["https://globex.example"], by=None))
    theirs.identifier = browser.identifier
    assert theirs.view("/b", origin=ORIGIN).status_code == 403
    assert theirs.view("/b", origin="https://globex.example").status_code == 204
    flush()
    assert views() == ["/a"]
    with tenant_context(globex):
        assert views() == ["/b"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"7",
        b'{"v":1,"b":2,"e":[]}',
        b'{"v":"%s","b":"0123456789abcdef"}' % (b"a" * 32),
        b'{"v":"%s","b":"0123456789abcdef","e":{}}' % (b"a" * 32),
        b'{"v":"%s","b":"0123456789abcdef","e":["\\u0000"]}' % (b"a" * 32),
        b'{"v":"%s","b":"0123456789abcdef","e":[%s]}' % (b"a" * 32, b",".join([b"1"] * 51)),
        b'{"v":"../../etc/passwd","b":"0123456789abcdef","e":[]}',
    ],
)
def test_rubbish_is_refused(browser: Browser, body: bytes) -> None:
    assert browser.post(body).status_code == 400


def test_too_much_is_refused(browser: Browser) -> None:
    assert browser.post(b" " * 70_000).status_code == 413
    assert browser.post(b"{}", key="no-such-site-key").status_code == 404
    assert Client().get(f"/p/e?k={browser.site.key}").status_code in (403, 405)


def test_what_a_browser_may_not_report_is_set_aside(browser: Browser) -> None:
    browser.send(
        ["order.placed", 0, {"amount": 1}], ["consent.granted", 0, {}], ["x"], ["wishlist.item_added", 0, {"sku": "7"}]
    )
    flush()
    assert list(Event.objects.values_list("name", flat=True)) == ["wishlist.item_added"]
    assert RefusedEvent.objects.count() == 3


@pytest.mark.parametrize("agent", ["", "curl/8.5", "Googlebot/2.1", "Mozilla/5.0 HeadlessChrome/130 AppleWebKit/537"])
def test_machines_are_left_out(browser: Browser, agent: str) -> None:
    assert browser.view("/a", agent=agent).status_code == 204
    flush()
    assert views() == []


def test_one_place_may_not_flood(browser: Browser, settings: object) -> None:
    settings.COLLECT_PER_MINUTE = 3
    statuses = [browser.view("/a").status_code for _time in range(4)]
    assert statuses == [204, 204, 204, 429]


def test_no_address_is_kept(browser: Browser) -> None:
    headers = {"Origin": ORIGIN, "User-Agent": "Firefox Gecko/1"}
    body = {"v": browser.identifier, "b": "0" * 16, "c": [1, browser.since, "en"], "e": [["page.viewed", 0, {}]]}
    Client().post(
        f"/p/e?k={browser.site.key}", json.dumps(body), content_type="text/plain", headers=headers,
        REMOTE_ADDR="203.0.113.77",
    )  # fmt: skip
    flush()
    everything = [list(model.objects.values()) for model in (Event, Visitor, VisitorAnswer)]
    assert "203.0.113" not in str(everything)


def test_the_site_knows_when_it_was_last_heard_of(browser: Browser) -> None:
    browser.view("/a")
    flush()
    heard = Site.objects.get().last_visit_at
    assert timezone.now() - heard < timedelta(minutes=1)


def test_a_closed_site_takes_nothing_more(browser: Browser, alice: object) -> None:
    sites.close_site(site=browser.site, by=alice.user)
    assert browser.view("/a").status_code == 404


def test_a_preflight_tells_the_sites_origin_only(browser: Browser) -> None:
    asked = Client().options(f"/p/e?k={browser.site.key}", headers={"Origin": ORIGIN})
    assert (asked.status_code, asked["Access-Control-Allow-Origin"]) == (204, ORIGIN)
    assert Client().options(f"/p/e?k={browser.site.key}", headers={"Origin": "https://evil.example"}).status_code == 403
