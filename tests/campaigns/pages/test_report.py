from __future__ import annotations

from typing import Any

import pytest

from campaigns.models import Campaign
from campaigns.sending import services
from tests.campaigns.sending import world
from tests.cast import Member
from tests.mail.catching import RunningCatcher

pytestmark = pytest.mark.django_db(transaction=True)


def report(member: Member, campaign: Campaign) -> str:
    return member.get("campaign_report", campaign.pk).content.decode()


def test_it_says_who_got_it_who_did_not_and_why(
    alice: Member, draft: Campaign, catcher: RunningCatcher, in_acme: Any
) -> None:
    world.people(2)
    world.person("bounce@example.com", given_name="Bea")
    world.person("quiet@example.com", agreed=False, given_name="Quiet")
    world.send(draft)
    page = report(alice, draft)
    assert "of 3 handed over" in page
    assert "Never agreed" in page
    assert "https://shop.example/spring" in page
    refused = alice.get("campaign_recipients", draft.pk, query={"kind": "failed"}).content.decode()
    assert "Bea" in refused
    assert "No such mailbox here" in refused
    unknown = alice.get("campaign_recipients", draft.pk, query={"kind": "unknown"}).content.decode()
    assert "No message ended this way" in unknown
    left_out = alice.get("campaign_left_out", draft.pk, query={"reason": "no_consent"}).content.decode()
    assert "Quiet" in left_out
    assert "Bea" not in left_out


def test_a_second_look_costs_nothing_while_nothing_changed(
    alice: Member, draft: Campaign, catcher: RunningCatcher, in_acme: Any
) -> None:
    world.people(2)
    services.start(draft, by=alice.user)
    url = alice.url("campaign_report", draft.pk)
    first = alice.client.get(url, headers={"HX-Request": "true"})
    assert first.status_code == 200
    again = {"HX-Request": "true", "If-None-Match": first.headers["ETag"]}
    assert alice.client.get(url, headers=again).status_code == 304
    world.run(draft)
    changed = alice.client.get(url, headers=again)
    assert changed.status_code == 286, "the last there is to tell"
    assert "of 2 handed over" in changed.content.decode()


def test_it_pauses_resumes_and_ends_by_the_buttons_of_those_who_may(
    alice: Member, vera: Member, draft: Campaign, in_acme: Any
) -> None:
    world.people(1)
    services.start(draft, by=alice.user)
    assert "Pause sending" in report(alice, draft)
    assert "Pause sending" not in report(vera, draft)
    states = []
    for name in ("pause_campaign", "pause_campaign", "resume_campaign", "cancel_campaign", "resume_campaign"):
        assert alice.post(name, draft.pk).url == alice.url("campaign_report", draft.pk)
        draft.refresh_from_db()
        states.append(draft.state)
    assert states == ["paused", "paused", "sending", "cancelled", "cancelled"]
    assert "Pause sending" not in report(alice, draft)


def test_a_draft_has_no_report_yet(alice: Member, draft: Campaign) -> None:
    assert alice.get("campaign_report", draft.pk).url == alice.url("campaign", draft.pk)
