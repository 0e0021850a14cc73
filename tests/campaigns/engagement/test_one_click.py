"""One-click unsubscribe (RFC 8058): POST acts once, everything else only looks."""

from __future__ import annotations

import pytest
from django.test import Client

from campaigns.models import Hit
from campaigns.sending import services as sending
from consent import rules
from consent import services as consent
from consent.models import ConsentRecord
from contacts import events as history
from contacts.models import Event
from ecrm.tenancy import tokens
from tests.campaigns.engagement.mailing import FIREFOX, Mailing, events, fetch, judge
from tests.campaigns.sending import world
from tests.campaigns.sending.world import newsletter

BODY = "List-Unsubscribe=One-Click"


def post(url: str) -> int:
    client = Client(enforce_csrf_checks=True)
    response = client.post(url, BODY, content_type="application/x-www-form-urlencoded", headers={"User-Agent": "Gmail"})
    assert not response.cookies
    return response.status_code


def withdrawals(mailing: Mailing) -> list[ConsentRecord]:
    return list(ConsentRecord.objects.filter(contact=mailing.ana, action="withdrawn"))


def test_post_withdraws_with_evidence_and_says_so_in_the_history(mailing: Mailing) -> None:
    assert post(mailing.unsubscribe_url()) == 200
    assert not rules.may(mailing.ana, newsletter()).allowed
    (record,) = withdrawals(mailing)
    assert record.source == "one_click"
    assert record.evidence["campaign"] == mailing.campaign.pk
    assert record.evidence["delivery"] == mailing.delivery().pk
    assert record.evidence["ip"] == "127.0.0.1"
    (event,) = events(mailing.ana)
    assert (event.name, event.campaign_id) == ("email.unsubscribed", mailing.campaign.pk)
    assert history.kind(event.name).sentence(event) == "Unsubscribed from “Spring”"
    assert Event.objects.filter(contact_id=mailing.ana.pk, name="consent.withdrawn").count() == 1
    assert rules.may(mailing.bruno, newsletter()).allowed


def test_the_next_send_leaves_them_out_and_says_why(mailing: Mailing) -> None:
    post(mailing.unsubscribe_url())
    following = sending.rehearse(world.campaign(name="Summer"))
    assert following.eligible == 1
    assert following.exclusions == {"withdrawn": 1}


def test_a_second_click_is_harmless(mailing: Mailing) -> None:
    for _time in range(20):
        assert post(mailing.unsubscribe_url()) == 200
    assert len(withdrawals(mailing)) == 1
    assert len(events(mailing.ana)) == 1


def test_who_agrees_again_can_leave_again(mailing: Mailing) -> None:
    post(mailing.unsubscribe_url())
    consent.grant(contact=mailing.ana, purpose=newsletter(), source="form", evidence={"url": "https://shop.example"})
    post(mailing.unsubscribe_url())
    assert not rules.may(mailing.ana, newsletter()).allowed
    assert len(events(mailing.ana)) == 2


def test_who_left_before_did_not_leave_by_this_mail(mailing: Mailing) -> None:
    world.opt_out(mailing.ana)
    assert post(mailing.unsubscribe_url()) == 200
    assert events(mailing.ana) == []


def test_a_reader_sees_a_page_with_a_button(mailing: Mailing) -> None:
    page = fetch(mailing.unsubscribe_url()).content.decode()
    assert '<form class="stack" method="post">' in page
    assert "csrfmiddlewaretoken" not in page
    assert rules.may(mailing.ana, newsletter()).allowed


@pytest.mark.slow
@pytest.mark.parametrize("method", ["get", "head"])
def test_scanners_unsubscribe_nobody(method: str, mailing: Mailing) -> None:
    """A hundred of each, some of which call themselves browsers."""
    agents = [FIREFOX, "Mozilla/5.0 (compatible; Barracuda Sentinel)", ""]
    for number in range(100):
        for url in (mailing.unsubscribe_url(), mailing.click_url(), mailing.pixel_url()):
            fetch(url, agents[number % 3], method=method, ip=f"198.51.100.{number}")
    fetch(mailing.view_url(), method=method)
    judge()
    assert withdrawals(mailing) == []
    assert events(mailing.ana) == []
    assert not Hit.objects.filter(verdict="human").exists()
    assert rules.may(mailing.ana, newsletter()).allowed


def test_forged_tokens_are_not_found(mailing: Mailing) -> None:
    token = tokens.make("unsubscribe", mailing.delivery().pk)
    flipped = [token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :] for place in range(0, 43, 3)]
    others = [tokens.make(kind, mailing.delivery().pk) for kind in ("click", "open", "view", "preferences")]
    for forged in [*flipped, *others, token[:-1], token + "A"]:
        if forged != token:
            assert post(f"/p/u/{forged}") == 404
    assert withdrawals(mailing) == []


def test_other_methods_are_refused(mailing: Mailing) -> None:
    assert fetch(mailing.unsubscribe_url(), method="put").status_code == 405
    assert fetch(mailing.unsubscribe_url(), method="options").status_code == 405
