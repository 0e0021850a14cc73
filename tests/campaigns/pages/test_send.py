from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from campaigns.forms import LOCAL_TIME
from campaigns.models import Campaign
from tests.campaigns.pages.forms import form_of
from tests.campaigns.sending import world
from tests.cast import Member
from tests.mail.catching import RunningCatcher


def test_the_review_counts_who_gets_it_and_names_who_does_not(alice: Member, draft: Campaign, in_acme: Any) -> None:
    world.people(3)
    unasked = world.person("quiet@example.com", agreed=False, given_name="Quiet")
    world.opt_out(world.person("gone@example.com", given_name="Gone"))
    page = alice.get("review_campaign", draft.pk).content.decode()
    assert "Send to 3 people…" in page
    assert "Never agreed" in page
    people = alice.get("campaign_left_out", draft.pk, query={"reason": "no_consent"}).content.decode()
    assert alice.url("contact_page", unasked.pk) in people
    assert "Gone" not in people
    withdrawn = alice.get("campaign_left_out", draft.pk, query={"reason": "withdrawn"}).content.decode()
    assert "Gone" in withdrawn


def test_what_stops_the_send_is_said_and_leads_to_its_place(alice: Member, draft: Campaign, in_acme: Any) -> None:
    world.people(1)
    alice.post("edit_content", draft.pk, "en", form=form_of(draft, b3__url="nowhere"))
    Campaign.objects.filter(pk=draft.pk).update(segment=None)
    page = alice.get("review_campaign", draft.pk).content.decode()
    assert "Choose whom to write to." in page
    assert f"{alice.url('edit_content', draft.pk, 'en')}?open=b3#block-b3" in page
    assert alice.get("send_campaign", draft.pk).url == alice.url("review_campaign", draft.pk)
    assert alice.post("send_campaign", draft.pk, form={"typed": "Spring"}).url == alice.url("review_campaign", draft.pk)
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_a_message_without_blocks_leads_back_to_its_editor(alice: Member, draft: Campaign, in_acme: Any) -> None:
    draft.contents.update(blocks=[])
    page = alice.get("review_campaign", draft.pk).content.decode()
    assert "The message has no blocks yet." in page
    assert f'href="{alice.url("edit_content", draft.pk, "en")}">Fix' in page


def test_it_leaves_only_when_its_name_was_typed_and_only_once(alice: Member, draft: Campaign, in_acme: Any) -> None:
    world.people(2)
    wrong = alice.post("send_campaign", draft.pk, form={"typed": "Sprung"})
    assert wrong.status_code == 422
    assert "not the campaign&#x27;s name" in wrong.content.decode()
    draft.refresh_from_db()
    assert draft.state == "draft"
    for _second_click in range(2):
        sent = alice.post("send_campaign", draft.pk, form={"typed": " spring "})
        assert sent.url == alice.url("campaign_report", draft.pk)
    draft.refresh_from_db()
    assert draft.state == "sending"
    assert draft.started_by == alice.user


def test_sending_is_a_right_of_its_own(vera: Member, bob: Member, draft: Campaign, in_acme: Any) -> None:
    world.people(1)
    for name in ("send_campaign", "schedule_campaign", "pause_campaign", "cancel_campaign"):
        assert vera.post(name, draft.pk).status_code == bob.post(name, draft.pk).status_code == 403
    page = vera.get("review_campaign", draft.pk).content.decode()
    assert vera.url("send_campaign", draft.pk) not in page


def test_a_test_goes_to_a_colleague_and_says_so(
    alice: Member, draft: Campaign, catcher: RunningCatcher, in_acme: Any
) -> None:
    ana = world.person("ana@example.com", given_name="Ana")
    form = {"to": "alice@example.com", "as": ana.pk, "language": "en"}
    assert alice.post("send_test", draft.pk, form=form).status_code == 302
    assert catcher.delivered_to() == ["alice@example.com"]
    message = catcher.messages()[0]
    assert message["subject"] == "[Test] Spring (en)"
    assert "Hello Ana" in message["text"]
    stranger = alice.post("send_test", draft.pk, form=form | {"to": "stranger@example.com"})
    assert stranger.status_code == 422
    assert catcher.delivered_to() == ["alice@example.com"]


def test_a_relay_that_is_away_is_said(alice: Member, draft: Campaign, settings: Any, in_acme: Any) -> None:
    ana = world.person("ana@example.com")
    settings.RELAY_URL = "smtp://127.0.0.1:1"
    response = alice.post("send_test", draft.pk, form={"to": "alice@example.com", "as": ana.pk})
    assert response.status_code == 422
    assert "did not take the test" in response.content.decode()


def test_it_is_scheduled_and_taken_back(alice: Member, draft: Campaign, in_acme: Any) -> None:
    world.people(1)
    past = timezone.localtime() - timedelta(days=1)
    late = alice.post("schedule_campaign", draft.pk, form={"scheduled_at": past.strftime(LOCAL_TIME)})
    assert late.status_code == 422
    assert "in the future" in late.content.decode()
    tomorrow = timezone.localtime() + timedelta(days=1)
    alice.post("schedule_campaign", draft.pk, form={"scheduled_at": tomorrow.strftime(LOCAL_TIME)})
    draft.refresh_from_db()
    assert draft.state == "scheduled"
    assert alice.get("edit_content", draft.pk, "en").status_code == 302
    assert "Back to draft" in alice.get("review_campaign", draft.pk).content.decode()
    for _second_click in range(2):
        alice.post("unschedule_campaign", draft.pk)
    draft.refresh_from_db()
    assert (draft.state, draft.scheduled_at) == ("draft", None)


def test_an_outsider_finds_no_campaign(outsider: Member, charlie: Member, draft: Campaign) -> None:
    for name in ("campaign", "review_campaign", "campaign_report", "campaign_settings"):
        assert outsider.get(name, draft.pk).status_code == charlie.get(name, draft.pk).status_code == 404
    assert charlie.get("message_preview", draft.pk, "en").status_code == 404
    assert charlie.post("send_campaign", draft.pk, form={"typed": "Spring"}).status_code == 404
