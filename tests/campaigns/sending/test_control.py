"""Pausing, resuming, cancelling, scheduling."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import timezone

from campaigns import tasks
from campaigns.models import Campaign, Intent
from campaigns.models.campaign import TRANSITIONS, State
from campaigns.sending import audience, claims, engine, services, states
from ecrm.audit.models import AuditEntry
from ecrm.mail.relays import default_relay
from ecrm.tenancy.models import Tenant
from tests.campaigns.sending import world
from tests.cast import Member
from tests.mail.catching import RunningCatcher

pytestmark = pytest.mark.usefixtures("in_acme")


def test_a_paused_campaign_sends_nothing_until_it_is_resumed(catcher: RunningCatcher, alice: Member) -> None:
    world.people(3)
    campaign = world.campaign()
    services.start(campaign, by=alice.user)
    list(audience.materialise(campaign.pk))
    assert services.pause(campaign, by=alice.user)
    assert not services.pause(campaign, by=alice.user)
    engine.work(campaign.pk)
    assert catcher.delivered_to() == []
    assert services.resume(campaign, by=alice.user)
    world.run(campaign)
    assert len(catcher.delivered_to()) == 3
    assert campaign.state == State.SENT


def test_a_pause_in_the_middle_stops_at_the_next_window(
    catcher: RunningCatcher, alice: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.people(8)
    campaign = world.campaign()
    services.start(campaign, by=alice.user)
    list(audience.materialise(campaign.pk))
    monkeypatch.setattr(engine, "FIRST_WINDOW", 2)
    world.after_hand_overs(monkeypatch, 1, lambda: services.pause(campaign, by=alice.user))
    engine.work(campaign.pk)
    assert len(catcher.delivered_to()) == Intent.objects.count() == 2
    services.resume(campaign, by=alice.user)
    world.run(campaign)
    assert len(set(catcher.delivered_to())) == len(catcher.delivered_to()) == 8


def test_a_cancelled_campaign_is_over(catcher: RunningCatcher, alice: Member) -> None:
    world.people(3)
    campaign = world.campaign()
    services.start(campaign, by=alice.user)
    assert services.cancel(campaign, by=alice.user)
    world.run(campaign)
    assert not services.resume(campaign, by=alice.user)
    assert catcher.delivered_to() == []
    assert campaign.state == State.CANCELLED


def test_a_draft_cannot_be_resumed_into_sending(alice: Member) -> None:
    campaign = world.campaign()
    assert not services.resume(campaign, by=alice.user)
    assert campaign.refreshed().state == State.DRAFT


@pytest.mark.parametrize("source", State)
@pytest.mark.parametrize("target", State)
def test_only_the_table_of_transitions_moves_a_campaign(source: State, target: State) -> None:
    campaign = world.campaign()
    Campaign.objects.filter(pk=campaign.pk).update(state=source)
    assert states.move(campaign.pk, to=target) == (target in TRANSITIONS[source])


def test_a_scheduled_campaign_starts_at_its_time(catcher: RunningCatcher, alice: Member) -> None:
    world.people(1)
    campaign = world.campaign()
    at = timezone.now() + timedelta(hours=2)
    assert services.schedule(campaign, by=alice.user, when=at)
    tasks.start(campaign.pk)
    assert campaign.refreshed().state == State.SCHEDULED
    with time_machine.travel(at + timedelta(seconds=3)):
        tasks.start(campaign.pk)
    world.run(campaign)
    assert catcher.delivered_to() == ["person0@example.com"]
    assert campaign.started_by == alice.user


def test_the_past_is_no_time_to_schedule(alice: Member) -> None:
    with pytest.raises(ValidationError):
        services.schedule(world.campaign(), by=alice.user, when=timezone.now())


def test_a_scheduled_campaign_that_lost_a_part_says_so_and_becomes_a_draft(alice: Member) -> None:
    campaign = world.campaign()
    services.schedule(campaign, by=alice.user, when=timezone.now() + timedelta(minutes=1))
    campaign.contents.update(subject="")
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        tasks.start(campaign.pk)
    campaign.refresh_from_db()
    assert campaign.state == State.DRAFT
    assert campaign.hold_reason


def test_an_unscheduled_campaign_is_a_draft_again(alice: Member) -> None:
    campaign = world.campaign()
    services.schedule(campaign, by=alice.user, when=timezone.now() + timedelta(minutes=1))
    assert services.unschedule(campaign, by=alice.user)
    assert campaign.refreshed().scheduled_at is None


def test_a_broken_relay_address_holds_the_campaign_with_its_reason(settings: object) -> None:
    world.people(1)
    campaign = world.campaign()
    campaign.identity.relay_url = "carrier-pigeon://roof"
    campaign.identity.save()
    world.send(campaign)
    assert campaign.state == State.PAUSED
    assert "carrier-pigeon" in campaign.hold_reason


def test_a_rule_that_lost_its_ground_stops_a_start_and_holds_a_send(alice: Member) -> None:
    campaign = world.campaign()
    services.start(campaign, by=alice.user)
    broken = {"all": [{"criterion": "gone", "operator": "is", "value": 1}]}
    other = world.campaign()
    other.segment.rule = broken
    with pytest.raises(services.NotReady) as caught:
        services.start(other, by=alice.user)
    assert "segment" in caught.value.message_dict
    with world.rule_breaks():
        tasks.materialise(campaign.pk)
    assert campaign.refreshed().state == State.PAUSED
    assert campaign.hold_reason


def test_every_verb_is_audited(catcher: RunningCatcher, alice: Member) -> None:
    campaign = world.campaign()
    services.start(campaign, by=alice.user)
    services.pause(campaign, by=alice.user)
    services.cancel(campaign, by=alice.user)
    actions = (
        AuditEntry.objects.filter(subject_type="campaigns.campaign").order_by("id").values_list("action", flat=True)
    )
    assert list(actions) == ["campaign.started", "campaign.paused", "campaign.cancelled"]


def test_two_workers_never_hold_one_chunk(catcher: RunningCatcher) -> None:
    world.people(2)
    campaign = world.campaign()
    services.start(campaign, by=None)
    list(audience.materialise(campaign.pk))
    held = claims.claim(campaign.pk, default_relay())
    assert held is not None
    assert claims.claim(campaign.pk, default_relay()) is None


def test_a_worker_whose_lease_ran_out_declares_nothing(catcher: RunningCatcher) -> None:
    world.people(2)
    campaign = world.campaign()
    services.start(campaign, by=None)
    list(audience.materialise(campaign.pk))
    slow = claims.claim(campaign.pk, default_relay())
    world.let_time_pass(campaign)
    quick = claims.claim(campaign.pk, default_relay())
    assert slow is not None
    assert quick is not None
    campaign.refresh_from_db()
    refused = world.declare(campaign, slow)
    assert not refused.is_ours
    assert Intent.objects.count() == 0
    assert len(world.declare(campaign, quick).allowed) == 2
    claims.release(slow, wait_seconds=None)
    assert campaign.chunks.get().done_at is None


def test_a_suspended_tenant_sends_nothing_more(
    catcher: RunningCatcher, alice: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.people(8)
    campaign = world.campaign()
    services.start(campaign, by=alice.user)
    list(audience.materialise(campaign.pk))
    monkeypatch.setattr(engine, "FIRST_WINDOW", 2)
    acme = Tenant.objects.filter(pk=alice.tenant.pk)
    world.after_hand_overs(
        monkeypatch, 1, lambda: acme.update(suspended_at=timezone.now(), suspended_for="Complaints") == 1
    )
    engine.work(campaign.pk)
    engine.work(campaign.pk)
    assert len(catcher.delivered_to()) == Intent.objects.count() == 2
    acme.update(suspended_at=None, suspended_for="")
    world.run(campaign)
    assert len(set(catcher.delivered_to())) == len(catcher.delivered_to()) == 8
