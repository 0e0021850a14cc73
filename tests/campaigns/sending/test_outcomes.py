"""What the relay answers, and what follows from it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from campaigns.models import Chunk, Intent, Outcome
from campaigns.models.campaign import State
from campaigns.sending import services
from consent import suppression
from contacts.models import Event
from ecrm.keys import address_hash
from tests.campaigns.sending import world
from tests.mail.catching import RunningCatcher

pytestmark = pytest.mark.usefixtures("in_acme")
Start = Callable[..., RunningCatcher]


def test_a_hard_bounce_suppresses_the_address(catcher: RunningCatcher) -> None:
    gone = world.person("bounce@example.com")
    campaign = world.send(world.campaign())
    assert world.kinds(campaign) == {"bounce@example.com": ["failed"]}
    assert suppression.is_suppressed(address_hash=address_hash("bounce@example.com"))
    assert world.event_names(gone)[-1] == "email.bounced"
    assert services.progress(campaign).failed == 1
    assert services.rehearse(world.campaign()).exclusions == {"suppressed": 1}


def test_a_full_mailbox_is_no_dead_address(catcher: RunningCatcher) -> None:
    world.person("full@example.com")
    campaign = world.send(world.campaign())
    assert Outcome.objects.get(campaign=campaign).reason == "full"
    assert not suppression.is_suppressed(address_hash=address_hash("full@example.com"))


def test_what_is_put_off_is_tried_again_later(catcher: RunningCatcher) -> None:
    world.person("later@example.com")
    world.person("now@example.com")
    campaign = world.send(world.campaign())
    assert campaign.state == State.SENDING
    assert services.progress(campaign).deferred == 1
    waiting = Chunk.objects.get(campaign=campaign)
    assert timezone.now() + timedelta(seconds=40) < waiting.due_at < timezone.now() + timedelta(seconds=80)
    for _attempt in range(2):
        world.let_time_pass(campaign)
        world.run(campaign)
    assert world.kinds(campaign) == {"now@example.com": ["sent"], "later@example.com": ["deferred", "deferred", "sent"]}
    assert campaign.state == State.SENT
    progress = services.progress(campaign)
    assert (progress.sent, progress.deferred, progress.waiting) == (2, 0, 0)


def test_nobody_is_tried_for_ever(start_catcher: Start) -> None:
    catcher = start_catcher(defer=1.0)
    world.person("ana@example.com")
    campaign = world.send(world.campaign())
    for _attempt in range(8):
        world.let_time_pass(campaign)
        world.run(campaign)
    assert campaign.state == State.SENT
    assert world.kinds(campaign)["ana@example.com"] == ["deferred"] * 5 + ["failed"]
    assert catcher.delivered_to() == []


def test_a_lost_answer_is_asked_for_not_sent_again(start_catcher: Start) -> None:
    catcher = start_catcher(drop_after_data=1.0)
    world.person("ana@example.com")
    campaign = world.send(world.campaign())
    assert world.kinds(campaign) == {"ana@example.com": ["unknown"]}
    assert services.progress(campaign).unknown == 1
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        world.let_time_pass(campaign)
        world.run(campaign)
    assert world.kinds(campaign) == {"ana@example.com": ["unknown", "sent"]}
    assert catcher.delivered_to() == ["ana@example.com"]
    assert Event.objects.filter(name="email.sent").count() == 1
    progress = services.progress(campaign)
    assert (progress.unknown, progress.sent) == (0, 1)
    assert campaign.state == State.SENT


def test_what_the_relay_never_got_goes_out_again_once_that_is_certain(start_catcher: Start) -> None:
    catcher = start_catcher(lose=0.5, seed=1)
    world.people(6)
    campaign = world.send(world.campaign())
    lost = services.progress(campaign).unknown + services.progress(campaign).deferred
    assert lost > 0
    world.let_time_pass(campaign)
    world.run(campaign)
    doubtful = services.progress(campaign).unknown
    for minute in range(1, 12):
        with time_machine.travel(timezone.now() + timedelta(minutes=minute)):
            world.let_time_pass(campaign)
            world.run(campaign)
    assert doubtful > 0, "what is in doubt is not sent again within the relay's time of grace"
    assert sorted(catcher.delivered_to()) == sorted(f"person{number}@example.com" for number in range(6))
    assert campaign.state == State.SENT


def test_a_relay_that_cannot_be_asked_leaves_marketing_unknown(start_catcher: Start, settings: object) -> None:
    catcher = start_catcher(lose=1.0)
    settings.RELAY_URL = catcher.relay_url.replace("=log", "=none")
    world.person("ana@example.com")
    campaign = world.send(world.campaign())
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        world.let_time_pass(campaign)
        world.run(campaign)
    assert world.kinds(campaign) == {"ana@example.com": ["unknown"]}
    assert services.progress(campaign).unknown == 1
    assert campaign.state == State.SENT
    assert catcher.delivered_to() == []


def test_without_answers_one_message_at_a_time_is_in_doubt(start_catcher: Start, settings: object) -> None:
    catcher = start_catcher(lose=0.34, seed=3)
    settings.RELAY_URL = catcher.relay_url.replace("=log", "=none")
    world.people(6)
    campaign = world.send(world.campaign())
    for _attempt in range(6):
        world.let_time_pass(campaign)
        world.run(campaign)
    kinds = world.kinds(campaign)
    unknown = {address for address, seen in kinds.items() if "unknown" in seen}
    assert len(kinds) == 6
    assert unknown
    assert unknown.isdisjoint(catcher.delivered_to())
    assert all(seen.count("sent") + seen.count("unknown") == 1 for seen in kinds.values())


def test_a_contracts_mail_is_owed_and_goes_out_again(start_catcher: Start, settings: object) -> None:
    catcher = start_catcher(lose=0.5, seed=2)
    settings.RELAY_URL = catcher.relay_url.replace("=log", "=none")
    world.people(3)
    campaign = world.send(world.campaign(purpose=world.purpose("service")))
    for _attempt in range(10):
        world.let_time_pass(campaign)
        world.run(campaign)
    assert sorted(set(catcher.delivered_to())) == [f"person{number}@example.com" for number in range(3)]


def test_a_relay_out_of_reach_costs_nothing_but_time(settings: object, unused_port: int) -> None:
    settings.RELAY_URL = f"smtp://127.0.0.1:{unused_port}?reconcile=log&timeout=1"
    world.people(3)
    campaign = world.send(world.campaign())
    assert campaign.state == State.SENDING
    assert {kind for kinds in world.kinds(campaign).values() for kind in kinds} == {"deferred"}
    assert Intent.objects.count() == 3


def test_a_worker_that_vanished_leaves_a_question_not_a_second_copy(catcher: RunningCatcher) -> None:
    """Handed over, then killed before the outcome was written: the intent alone tells."""
    ana = world.person("ana@example.com")
    campaign = world.campaign()
    services.start(campaign, by=None)
    with world.killed_before_writing_down():
        world.run(campaign)
    assert catcher.delivered_to() == ["ana@example.com"]
    assert not Outcome.objects.exists()
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        world.let_time_pass(campaign)
        world.run(campaign)
    assert catcher.delivered_to() == ["ana@example.com"]
    assert world.kinds(campaign) == {"ana@example.com": ["sent"]}
    assert world.event_names(ana).count("email.sent") == 1
