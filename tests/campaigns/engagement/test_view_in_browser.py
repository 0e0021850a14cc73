"""One person's mail in the browser."""

from __future__ import annotations

from campaigns.models import Hit
from tests.campaigns.engagement.mailing import Mailing, fetch


def test_it_shows_what_that_person_got(mailing: Mailing) -> None:
    ana, bruno = fetch(mailing.view_url()), fetch(mailing.view_url(mailing.bruno))
    assert "Hello Ana" in ana.content.decode()
    assert mailing.click_url() in ana.content.decode()
    assert mailing.unsubscribe_url() in ana.content.decode()
    assert "Hello Bruno" in bruno.content.decode()
    assert mailing.unnamed_click_url() in bruno.content.decode()


def test_it_may_not_act_and_records_nothing(mailing: Mailing) -> None:
    response = fetch(mailing.view_url())
    policy = response["Content-Security-Policy"]
    assert "sandbox" in policy
    assert "script-src 'none'" in policy
    assert "form-action 'none'" in policy
    assert response["Referrer-Policy"] == "no-referrer"
    assert mailing.pixel_url() not in response.content.decode()
    assert not response.cookies
    assert not Hit.objects.exists()


def test_other_tokens_show_nothing(mailing: Mailing) -> None:
    assert fetch(mailing.view_url()[:-2]).status_code == 404
    assert fetch(mailing.unsubscribe_url().replace("/p/u/", "/p/v/")).status_code == 404
