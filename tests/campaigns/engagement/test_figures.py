"""A campaign's figures: people, with machines apart."""

from __future__ import annotations

from typing import Any

import pytest

from campaigns.engagement import figures
from tests.campaigns.engagement.mailing import FIREFOX, GMAIL, SAFARI, Mailing, fetch, judge
from tests.campaigns.engagement.test_one_click import post
from tests.campaigns.sending import world

pytestmark = pytest.mark.usefixtures("in_acme")


@pytest.fixture
def busy(in_acme: Any) -> Mailing:
    """Five people got it, four of them allow tracking."""
    mailing = Mailing.sent("carla@example.com", "dora@example.com", "edu@example.com")
    found = {each.address.partition("@")[0]: each.contact for each in mailing.campaign.deliveries.all()}
    carla, dora, edu = found["carla"], found["dora"], found["edu"]
    fetch(mailing.click_url(mailing.ana, 0), SAFARI)
    fetch(mailing.click_url(mailing.ana, 0), SAFARI)
    fetch(mailing.click_url(carla, 1), FIREFOX, ip="192.0.2.3")
    fetch(mailing.unnamed_click_url(0), FIREFOX, ip="192.0.2.4")
    fetch(mailing.click_url(dora, 0), "Mozilla/5.0 (compatible; Mimecast)")
    fetch(mailing.click_url(edu, 0), "Frobnicator 3")
    fetch(mailing.pixel_url(mailing.ana), SAFARI)
    fetch(mailing.pixel_url(carla), GMAIL)
    fetch(mailing.pixel_url(mailing.ana), GMAIL)
    judge()
    post(mailing.unsubscribe_url(dora))
    return mailing


def test_people_are_counted_once_and_machines_apart(busy: Mailing) -> None:
    found = figures.for_campaign(busy.campaign)
    assert found.delivered == 5
    assert (found.human_clicks, found.unnamed_clicks) == (3, 1)
    assert (found.machine_clicks, found.unsure_clicks, found.waiting) == (1, 1, 0)
    assert found.unsubscribes == 1


def test_links_are_listed_by_the_people_who_followed_them(busy: Mailing) -> None:
    found = figures.for_campaign(busy.campaign).per_link
    assert [(each.link.label, each.people, each.clicks, each.machine_clicks) for each in found] == [
        ("Look", 2, 3, 1),
        ("Sale", 1, 1, 0),
        ("Map", 0, 0, 0),
    ]


def test_opens_are_a_range_of_those_who_allow_it(busy: Mailing) -> None:
    found = figures.for_campaign(busy.campaign)
    assert (found.opens_low, found.opens_high, found.opens_base) == (1, 2, 4)


def test_a_list_of_campaigns_needs_one_question(busy: Mailing, django_assert_num_queries: Any) -> None:
    quiet = world.campaign(name="Quiet")
    with django_assert_num_queries(1):
        assert figures.human_clicks([busy.campaign.pk, quiet.pk]) == {busy.campaign.pk: 3}


def test_reasons_are_told(busy: Mailing) -> None:
    told = {(each.kind, each.reason): each.count for each in figures.reasons(busy.campaign)}
    assert told["click", "mimecast"] == 1
    assert told["open", "google_proxy"] == 2


def test_a_campaign_without_hits_has_zeros(busy: Mailing) -> None:
    quiet = figures.for_campaign(world.campaign(name="Quiet"))
    assert (quiet.delivered, quiet.human_clicks, quiet.opens_high, quiet.per_link) == (0, 0, 0, [])
