"""A link of a mail: leads where its campaign says, and leaves one raw hit."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from campaigns.models import Hit
from campaigns.sending.addresses import CLICK, OPEN, PATHS
from consent import services as consent
from consent.models import Purpose
from contacts import events as history
from ecrm.tenancy import tokens
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.campaigns.engagement.mailing import FIREFOX, SAFARI, Mailing, events, fetch, judge, verdicts
from tests.campaigns.sending import world
from tests.mail.catching import RunningCatcher


def test_a_persons_click_leads_on_and_becomes_an_event(mailing: Mailing) -> None:
    response = fetch(mailing.click_url(place=1), SAFARI)
    assert response.status_code == 302
    assert response["Location"] == "https://shop.example/sale?colour=blue&size=2"
    assert not response.cookies
    assert judge() == 1
    (event,) = events(mailing.ana)
    assert (event.name, event.campaign_id) == ("email.clicked", mailing.campaign.pk)
    assert history.kind(event.name).sentence(event) == "Clicked “Sale” in “Spring”"
    mailing.ana.refresh_from_db()
    assert mailing.ana.last_active_at == event.occurred_at


@pytest.mark.usefixtures("in_acme")
def test_the_mail_itself_holds_the_link(catcher: RunningCatcher) -> None:
    """From "send" over the mailbox to the timeline, and a scanner that is quicker than any reader."""
    ana = world.person("ana@example.com", tracked=True)
    bruno = world.person("bruno@example.com")
    campaign = world.send(world.campaign())
    named = address_in(catcher, "ana@example.com")
    unnamed = address_in(catcher, "bruno@example.com")
    assert named.startswith(PATHS[CLICK])
    assert fetch(named).status_code == 302
    time.sleep(2.1)
    assert fetch(named, SAFARI)["Location"] == "https://shop.example/spring"
    assert fetch(unnamed, SAFARI)["Location"] == "https://shop.example/spring"
    assert judge() == 3
    assert verdicts(campaign=campaign) == [("scanner", "too_soon"), ("human", "browser"), ("human", "browser")]
    assert len(events(ana, "email.clicked")) == 1
    assert events(bruno) == []


def test_who_does_not_allow_tracking_is_counted_but_not_named(mailing: Mailing) -> None:
    assert fetch(mailing.unnamed_click_url()).status_code == 302
    judge()
    hit = Hit.objects.get()
    assert (hit.delivery_id, hit.campaign_id, hit.verdict) == (None, mailing.campaign.pk, "human")
    assert events(mailing.bruno) == []


def test_who_withdraws_tracking_is_not_named_by_old_mails(mailing: Mailing) -> None:
    tracking = Purpose.objects.get(key="tracking")
    consent.withdraw(contact=mailing.ana, purpose=tracking, source="preferences", evidence={"url": "/p/preferences"})
    assert fetch(mailing.click_url()).status_code == 302
    fetch(mailing.pixel_url())
    judge()
    assert list(Hit.objects.values_list("delivery_id", "kind")) == [(None, "click")]
    assert events(mailing.ana) == []


def test_head_leads_on_and_leaves_nothing(mailing: Mailing) -> None:
    for url in (mailing.click_url(), mailing.unnamed_click_url(), mailing.pixel_url()):
        assert fetch(url, method="head").status_code in {200, 302}
    assert not Hit.objects.exists()


def test_post_is_refused(mailing: Mailing) -> None:
    assert fetch(mailing.click_url(), method="post").status_code == 405


def test_altered_addresses_lead_nowhere(mailing: Mailing, globex: Tenant) -> None:
    delivery_id = mailing.delivery().pk
    token = tokens.make(CLICK, delivery_id)
    position = mailing.link().position
    swapped = token[:-1] + ("A" if token[-1] != "A" else "Q")
    with tenant_context(globex):
        foreign = tokens.make(CLICK, delivery_id)
    wrong = [
        (swapped, position),
        (token[:-4], position),
        (token + "AAAA", position),
        (token.swapcase(), position),
        (tokens.make(OPEN, delivery_id), position),
        (foreign, position),
        (token, 99),
        (token, 10**12),
        ("x", position),
        ("é", position),
    ]
    for altered, place in wrong:
        assert fetch(f"/p/c/{altered}/{place}").status_code == 404, altered
    assert not Hit.objects.exists()


@pytest.mark.parametrize("extra", ["?url=https://evil.example", "?next=//evil.example", "/https://evil.example"])
def test_no_address_redirects_elsewhere(mailing: Mailing, extra: str) -> None:
    response = fetch(mailing.click_url() + extra)
    assert response.get("Location", "") in {"", "https://shop.example/spring"}


def test_the_address_of_the_reader_is_kept_as_a_hash_of_the_day(mailing: Mailing) -> None:
    fetch(mailing.click_url(), ip="192.0.2.77")
    fetch(mailing.click_url(place=1), ip="192.0.2.78")
    fetch(mailing.click_url(place=2), ip="192.0.2.77")
    first, second, third = (bytes(hit.ip_hash) for hit in Hit.objects.order_by("id"))
    assert first == third != second
    assert b"192.0.2.77" not in first


@pytest.mark.slow
def test_replays_are_one_event_and_few_rows(mailing: Mailing) -> None:
    url = mailing.click_url()
    for number in range(250):
        assert fetch(url, FIREFOX, ip=f"192.0.2.{number % 250}").status_code == 302
    judge()
    assert Hit.objects.count() < 100
    assert len(events(mailing.ana)) <= 1


@pytest.mark.usefixtures("in_acme")
def test_clicks_of_one_day_are_one_event_a_link() -> None:
    mailing = Mailing.sent(ago=timedelta(days=3))
    # Around noon, so that no clicking crosses into another day; long enough ago at any hour of today.
    noon = (timezone.now() - timedelta(days=2)).replace(hour=12)
    for minutes, place in ((0, 0), (20, 0), (40, 1)):
        mailing.keep_click(at=noon + timedelta(minutes=minutes), place=place)
    mailing.keep_click(at=noon + timedelta(hours=20))
    judge()
    assert verdicts() == [("human", "browser")] * 4
    assert sorted(event.properties["link"] for event in events(mailing.ana)) == ["Look", "Look", "Sale"]


def test_links_of_test_messages_act_for_nobody(db: Any) -> None:
    for address in ("c/test/0", "o/test", "v/test", "u/test", "preferences/test"):
        assert "test message" in fetch(f"/p/{address}").content.decode()
    assert fetch("/p/u/test", method="post").status_code == 405


def address_in(catcher: RunningCatcher, recipient: str) -> str:
    """The path of the first counted link in the mail of this recipient."""
    text = next(repr(mail) for mail in catcher.messages() if recipient in repr(mail))
    found = re.search(r"/p/[cl]/[\w-]+/\d+", text)
    assert found, text
    return found.group()
