from __future__ import annotations

from typing import Any

from campaigns import services
from campaigns.models import Campaign
from contacts.models import Segment
from ecrm.audit.models import AuditEntry
from ecrm.mail.models import SendingIdentity
from ecrm.tenancy.context import tenant_context
from tests.campaigns.sending import world
from tests.cast import Member


def settings_form(**changes: Any) -> dict[str, Any]:
    segment = Segment.objects.create(name="Everybody", rule=world.EVERYBODY)
    return {
        "name": "Spring refill",
        "segment": segment.pk,
        "purpose": world.newsletter().pk,
        "identity": SendingIdentity.objects.get().pk,
        "holdout_percent": 0,
    } | changes


def test_a_campaign_begins_as_a_draft_in_the_first_language(alice: Member, in_acme: Any) -> None:
    response = alice.post("create_campaign", form=settings_form())
    campaign = Campaign.objects.get()
    assert response.url == alice.url("campaign_content", campaign.pk)
    assert campaign.state == "draft"
    assert [content.language for content in campaign.contents.all()] == ["en"]
    assert AuditEntry.objects.filter(action="campaign.created", subject_id=campaign.pk).count() == 1


def test_the_form_brings_what_most_campaigns_are_for(alice: Member, in_acme: Any) -> None:
    page = alice.get("create_campaign").content.decode()
    assert f'<option value="{world.newsletter().pk}" selected>' in page
    assert "hello@acme.example" in page


def test_bad_settings_are_said_at_their_field(alice: Member, in_acme: Any) -> None:
    response = alice.post("create_campaign", form=settings_form(name=" ", holdout_percent=80))
    page = response.content.decode()
    assert response.status_code == 422
    assert 'id="id_name_error"' in page
    assert 'id="id_holdout_percent_error"' in page
    assert not Campaign.objects.exists()


def test_only_people_who_write_campaigns_may(bob: Member, vera: Member, mara: Member, in_acme: Any) -> None:
    assert bob.get("create_campaign").status_code == vera.get("create_campaign").status_code == 403
    assert mara.get("create_campaign").status_code == 200


def test_another_tenants_segment_cannot_be_chosen(alice: Member, in_acme: Any, globex: Any) -> None:
    with tenant_context(globex):
        foreign = Segment.objects.create(name="Theirs", rule=world.EVERYBODY)
    response = alice.post("create_campaign", form=settings_form(segment=foreign.pk))
    assert response.status_code == 422
    assert not Campaign.objects.exists()


def test_settings_change_and_a_stale_form_is_told(alice: Member, draft: Campaign) -> None:
    form = settings_form(name="Winter", version=draft.content_version)
    assert alice.post("campaign_settings", draft.pk, form=form).status_code == 302
    draft.refresh_from_db()
    assert draft.name == "Winter"
    stale = alice.post("campaign_settings", draft.pk, form=form | {"name": "Autumn"})
    assert stale.status_code == 422
    assert "Winter" in stale.content.decode()
    assert 'value="Autumn"' in stale.content.decode()
    draft.refresh_from_db()
    assert draft.name == "Winter"


def test_a_copy_has_the_same_words_and_goes_its_own_way(alice: Member, draft: Campaign) -> None:
    services.copy_content(campaign=draft, source="en", language="pt", by=None)
    response = alice.post("duplicate_campaign", draft.pk)
    copied = Campaign.objects.latest("id")
    assert response.url == alice.url("campaign_content", copied.pk)
    assert {each.language: each.blocks for each in copied.contents.all()} == {
        each.language: each.blocks for each in draft.contents.all()
    }
    assert copied.state == "draft"
    assert copied.segment_id == draft.segment_id


def test_a_draft_is_deleted_once(alice: Member, draft: Campaign) -> None:
    assert alice.post("delete_campaign", draft.pk).url == alice.url("campaigns")
    assert not Campaign.objects.exists()
    assert alice.post("delete_campaign", draft.pk).status_code == 404
    assert AuditEntry.objects.filter(action="campaign.deleted").count() == 1


def test_what_was_sent_is_not_deleted(alice: Member, draft: Campaign) -> None:
    Campaign.objects.filter(pk=draft.pk).update(state="sent")
    assert alice.post("delete_campaign", draft.pk).url == alice.url("campaign", draft.pk)
    assert Campaign.objects.filter(pk=draft.pk).exists()


def test_the_list_says_what_each_campaign_came_to(alice: Member, draft: Campaign) -> None:
    page = alice.get("campaigns").content.decode()
    assert "Spring" in page
    assert "Not sent" in page
    assert "Nothing here" in alice.get("campaigns", query={"state": "done"}).content.decode()


def test_an_empty_list_says_what_a_campaign_is(alice: Member, vera: Member, in_acme: Any) -> None:
    assert "No campaigns yet" in alice.get("campaigns").content.decode()
    assert alice.url("create_campaign") not in vera.get("campaigns").content.decode()
