"""A browser turns out to be somebody's: its visits, its yes and its no become theirs."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from analytics.models import Visitor
from analytics.tracking import sites, tokens, visitors
from consent import purposes, rules
from consent.models import ConsentRecord
from consent.services import withdraw
from contacts import services
from contacts.ingest import RawEvent, offer
from contacts.models import Contact, DirtyContact, Event
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.analytics.tracking.visiting import Browser, flush


def seen(contact: Contact) -> list[str]:
    told = Event.objects.filter(name="page.viewed", contact_id=contact.pk).order_by("occurred_at", "id")
    return [event.properties["path"] for event in told]


def may(contact: Contact) -> bool:
    return rules.may(contact, purposes.by_key(purposes.VISITS)).allowed


def test_earlier_visits_become_the_persons(browser: Browser, dora: Contact) -> None:
    browser.view("/a", age_ms=5_000)
    flush()
    DirtyContact.objects.all().delete()
    browser.view("/b", i=tokens.make(dora.pk))
    browser.view("/c")
    flush()
    assert seen(dora) == ["/a", "/b", "/c"]
    assert dora.refreshed().last_active_at is not None
    assert DirtyContact.objects.filter(contact_id=dora.pk).exists()


def test_the_yes_goes_into_the_ledger_with_its_evidence(browser: Browser, dora: Contact) -> None:
    browser.view("/a", i=tokens.make(dora.pk))
    flush()
    record = ConsentRecord.objects.get(contact=dora)
    assert (record.action, record.source) == ("granted", "web")
    assert record.notice.text.startswith("May we remember")
    assert record.evidence["url"] == "https://shop.example/start"
    assert int(record.given_at.timestamp()) == browser.since


@pytest.mark.parametrize("spoil", [lambda token: token[:-2] + "AA", lambda token: "", lambda token: token + "x"])
def test_forged_tokens_name_nobody(browser: Browser, dora: Contact, spoil: object) -> None:
    browser.view("/a", i=spoil(tokens.make(dora.pk)))
    flush()
    assert seen(dora) == []


def test_another_tenants_token_names_nobody(browser: Browser, dora: Contact, globex: Tenant) -> None:
    with tenant_context(globex):
        token = tokens.make(dora.pk)
    browser.view("/a", i=token)
    flush()
    assert seen(dora) == []


def test_a_token_is_good_for_an_hour(browser: Browser, dora: Contact, monkeypatch: pytest.MonkeyPatch) -> None:
    token = tokens.make(dora.pk)
    monkeypatch.setattr(tokens, "LASTS", timedelta(seconds=-1))
    browser.view("/a", i=token)
    flush()
    assert seen(dora) == []


def test_a_second_person_gets_only_what_comes_after(browser: Browser, dora: Contact) -> None:
    eric = services.create_contact(by=None, name="Eric")
    browser.view("/a", i=tokens.make(dora.pk))
    flush()
    browser.view("/b", i=tokens.make(eric.pk))
    flush()
    assert (seen(dora), seen(eric)) == (["/a"], ["/b"])


def test_a_no_in_the_browser_is_a_no_of_the_person(browser: Browser, dora: Contact) -> None:
    browser.view("/a", i=tokens.make(dora.pk))
    flush()
    browser.send(x=1)
    flush()
    assert not may(dora)
    visitor = Visitor.objects.get()
    assert (visitor.contact_id, visitor.withdrawn_at is None) == (None, False)
    assert not Event.objects.filter(visitor_id__isnull=False).exists()
    assert seen(dora) == ["/a"]


def test_a_late_request_of_another_tab_does_not_undo_the_no(browser: Browser) -> None:
    browser.view("/a")
    flush()
    browser.send(x=1)
    browser.view("/b")
    flush()
    browser.view("/c")
    flush()
    assert Event.objects.filter(name="page.viewed").count() == 1
    assert Visitor.objects.get().withdrawn_at is not None


def test_a_no_on_the_preference_page_forgets_the_browsers(browser: Browser, dora: Contact) -> None:
    browser.view("/a", i=tokens.make(dora.pk))
    flush()
    withdraw(contact=dora, purpose=purposes.by_key(purposes.VISITS), source="preferences", evidence={})
    browser.view("/b")
    flush()
    assert seen(dora) == ["/a"]
    assert Visitor.objects.get().contact_id is None


def test_a_person_who_said_no_since_is_not_recognised(shop: object, dora: Contact) -> None:
    withdraw(contact=dora, purpose=purposes.by_key(purposes.VISITS), source="preferences", evidence={})
    old = Browser(shop, since=time.time() - 3_600)
    old.view("/a", i=tokens.make(dora.pk))
    flush()
    assert seen(dora) == []
    assert not may(dora)


def test_other_systems_may_name_the_browser(browser: Browser, dora: Contact, acme: Tenant) -> None:
    browser.view("/a", i=tokens.make(dora.pk))
    flush()
    event = RawEvent("order.placed", person={"visitor": browser.identifier}, amount=5, currency="EUR")
    offer(acme.pk, [event])
    flush()
    assert Event.objects.filter(name="order.placed", contact_id=dora.pk).exists()


def test_tombstones_go_after_a_month(browser: Browser) -> None:
    browser.view("/a")
    flush()
    browser.send(x=1)
    flush()
    assert visitors.forget_tombstones() == 0
    Visitor.objects.update(withdrawn_at=timezone.now() - timedelta(days=31))
    assert visitors.forget_tombstones() == 1


def test_origins_are_written_as_browsers_do() -> None:
    written = ["Shop.Example/path?x=1", "https://shop.example:443", "http://localhost:8080/", "https://café.example"]
    found = [sites.origin_of(each) for each in written]
    assert found[:3] == ["https://shop.example", "https://shop.example", "http://localhost:8080"]
    assert found[3].startswith("https://xn--")
