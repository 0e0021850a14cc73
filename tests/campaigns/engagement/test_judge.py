"""Which hits were a person's, and why not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import ProgrammingError, connections, transaction
from django.utils import timezone

from campaigns.engagement import judging, services, tasks
from campaigns.engagement.agents import identify
from campaigns.models import Hit
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.campaigns.engagement.mailing import FIREFOX, GMAIL, SAFARI, Mailing, events, fetch, judge, verdicts

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
PEOPLE = [
    FIREFOX,
    SAFARI,
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/139.0.0.0 Safari/537.36 Edg/139.0",
    f"Mozilla/5.0 (Linux; Android 15; Pixel 9) {WEBKIT} Chrome/139.0.0.0 Mobile Safari/537.36",
    "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; WOW64; Trident/7.0; Microsoft Outlook 16.0.5000)",
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.5.0",
]
MACHINES = {
    "Mozilla/5.0": ("prefetch", "apple_privacy"),
    GMAIL: ("prefetch", "google_proxy"),
    "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html": ("prefetch", "yahoo_proxy"),
    "": ("scanner", "no_agent"),
    "curl/8.5.0": ("scanner", "program"),
    "python-requests/2.32": ("scanner", "program"),
    "Go-http-client/2.0": ("scanner", "program"),
    "Mozilla/5.0 (compatible; Barracuda Sentinel)": ("scanner", "barracuda"),
    "Mozilla/5.0 (compatible; Mimecast URL Protect)": ("scanner", "mimecast"),
    "Mozilla/5.0 (compatible; proofpoint-tap)": ("scanner", "proofpoint"),
    "Mozilla/5.0 SafeLinks/1.0": ("scanner", "safe_links"),
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)": ("scanner", "link_preview"),
    f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} HeadlessChrome/139.0 Safari/537.36": ("scanner", "headless"),
    "Mozilla/5.0 (compatible; SomethingBot/2.1; +https://example.com/robot)": ("scanner", "robot"),
    "Frobnicator 3": ("unknown", "unfamiliar"),
}


@pytest.mark.parametrize("agent", PEOPLE)
def test_browsers_and_mail_programs_are_people(agent: str) -> None:
    assert identify(agent).reason == "browser"


@pytest.mark.parametrize(("agent", "expected"), MACHINES.items())
def test_machines_are_told_by_their_name(agent: str, expected: tuple[str, str]) -> None:
    found = identify(agent)
    assert (found.verdict, found.reason) == expected


def test_machines_make_no_event(mailing: Mailing) -> None:
    for number, agent in enumerate(MACHINES):
        mailing.keep_click(agent=agent, at=timezone.now() - timedelta(minutes=30 - number))
    judge()
    assert verdicts() == list(MACHINES.values())
    assert events(mailing.ana) == []


def test_an_ordinary_browser_makes_one(mailing: Mailing) -> None:
    fetch(mailing.click_url(), SAFARI)
    judge()
    assert verdicts() == [("human", "browser")]
    assert len(events(mailing.ana, "email.clicked")) == 1


@pytest.mark.parametrize("header", [{"Sec-Purpose": "prefetch;prerender"}, {"X-Moz": "prefetch"}])
def test_a_browser_that_fetches_ahead_says_so(header: dict[str, str], mailing: Mailing) -> None:
    fetch(mailing.click_url(), **header)
    assert judge() == 0
    assert verdicts() == [("prefetch", "announced")]


@pytest.mark.usefixtures("in_acme")
def test_nobody_clicks_before_the_mail_could_be_read() -> None:
    mailing = Mailing.sent(ago=timedelta(seconds=0))
    fetch(mailing.click_url())
    fetch(mailing.pixel_url())
    judge()
    assert verdicts() == [("scanner", "too_soon"), ("prefetch", "too_soon")]
    assert events(mailing.ana) == []


def test_several_links_at_once_are_a_scanner(mailing: Mailing) -> None:
    for place in range(3):
        fetch(mailing.click_url(place=place))
    judge()
    assert verdicts() == [("scanner", "burst")] * 3


def test_two_people_behind_one_roof_are_no_burst(mailing: Mailing) -> None:
    """Named clicks are compared within one mail; another person's at the same moment says nothing."""
    fetch(mailing.click_url(mailing.ana, 0))
    fetch(mailing.click_url(mailing.bruno, 1))
    judge()
    assert [verdict for verdict, _reason in verdicts()] == ["human", "human"]


def test_unnamed_links_at_once_from_one_place_are_a_scanner(mailing: Mailing) -> None:
    for place in range(3):
        fetch(mailing.unnamed_click_url(place))
    fetch(mailing.unnamed_click_url(0), ip="192.0.2.200")
    judge()
    assert verdicts() == [("scanner", "burst")] * 3 + [("human", "browser")]


def test_two_clicks_on_one_link_are_still_a_person(mailing: Mailing) -> None:
    fetch(mailing.click_url())
    fetch(mailing.click_url())
    judge()
    assert verdicts() == [("human", "browser")] * 2
    assert len(events(mailing.ana)) == 1


def test_the_same_link_again_and_again_is_a_machine(mailing: Mailing) -> None:
    for _time in range(judging.AGAIN + 1):
        fetch(mailing.click_url())
    judge()
    assert verdicts() == [("scanner", "repeated")] * (judging.AGAIN + 1)


@pytest.mark.usefixtures("in_acme")
def test_one_place_that_fetches_everybodys_mail_is_a_gateway() -> None:
    mailing = Mailing.sent(*(f"person{number}@example.com" for number in range(judging.CROWD)))
    at = timezone.now().replace(second=30) - timedelta(minutes=5)
    for delivery in mailing.campaign.deliveries.all():
        mailing.keep_click(delivery=delivery, at=at, ip_hash=b"gateway")
    mailing.keep_click(delivery=mailing.delivery(mailing.bruno), at=at, ip_hash=b"home")
    judge()
    assert set(verdicts(ip_hash=b"gateway")) == {("scanner", "crowd")}
    assert verdicts(ip_hash=b"home") == [("human", "browser")]


def test_nothing_is_judged_before_the_evidence_is_in(mailing: Mailing) -> None:
    fetch(mailing.click_url())
    assert services.judge_hits() == 0
    assert verdicts() == [("", "")]
    fetch(mailing.click_url(place=1))
    assert judge() == 2
    assert verdicts() == [("scanner", "burst")] * 2


def test_judging_again_changes_nothing(mailing: Mailing) -> None:
    fetch(mailing.click_url())
    assert judge() == 1
    assert judge() == 0
    assert len(events(mailing.ana)) == 1


def test_a_verdict_is_all_that_changes_of_a_hit(mailing: Mailing) -> None:
    fetch(mailing.click_url())
    for change in ({"user_agent": "x"}, {"at": timezone.now()}, {"delivery": None}):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            Hit.objects.update(**change)
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        Hit.objects.all().delete()


def test_batches_are_worked_one_after_the_other(mailing: Mailing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "BATCH", 2)
    old = timezone.now() - timedelta(minutes=5)
    for number in range(5):
        mailing.keep_click(at=old + timedelta(seconds=20 * number), ip_hash=b"%d" % number)
    tasks.judge_hits()
    assert not Hit.objects.filter(verdict="").exists()


@pytest.mark.django_db(transaction=True, databases=["default", "dispatch", "migrate"])
def test_the_tick_finds_the_tenants_where_hits_wait(acme: Tenant, globex: Tenant) -> None:
    with tenant_context(acme):
        mailing = Mailing.sent()
        mailing.keep_click(at=timezone.now() - timedelta(minutes=1))
    assert tasks.hint_due() == 1
    with connections["dispatch"].cursor() as cursor, pytest.raises(Exception, match="permission denied"):
        cursor.execute("SELECT user_agent FROM campaigns_hit")


def test_every_reason_has_words() -> None:
    for agent in [*PEOPLE, *MACHINES]:
        assert judging.reason_words(identify(agent).reason)
