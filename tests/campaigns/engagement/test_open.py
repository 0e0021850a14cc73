"""The open pixel: only of people who allow it."""

from __future__ import annotations

from campaigns.models import Hit
from contacts import events as history
from tests.campaigns.engagement.mailing import GMAIL, SAFARI, Mailing, events, fetch, judge, verdicts


def test_an_open_becomes_an_event(mailing: Mailing) -> None:
    response = fetch(mailing.pixel_url(), SAFARI)
    assert response["Content-Type"] == "image/gif"
    assert response.content.startswith(b"GIF89a")
    assert not response.cookies
    judge()
    (event,) = events(mailing.ana)
    assert history.kind(event.name).sentence(event) == "Opened “Spring”"


def test_who_does_not_allow_it_leaves_nothing(mailing: Mailing) -> None:
    assert fetch(mailing.pixel_url(mailing.bruno), SAFARI).status_code == 200
    assert not Hit.objects.exists()


def test_a_mail_proxy_is_no_reader(mailing: Mailing) -> None:
    fetch(mailing.pixel_url(), GMAIL)
    judge()
    assert verdicts() == [("prefetch", "google_proxy")]
    assert events(mailing.ana) == []


def test_altered_pixels_are_not_found(mailing: Mailing) -> None:
    assert fetch(mailing.pixel_url()[:-3]).status_code == 404
    assert not Hit.objects.exists()
