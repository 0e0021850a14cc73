"""How fast messages may go."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F

from campaigns.models import Chunk, Throttle
from campaigns.models.campaign import State
from campaigns.sending import services, throttles
from ecrm.mail.models import SendingIdentity
from tests.campaigns.sending import world
from tests.mail.catching import RunningCatcher

pytestmark = pytest.mark.usefixtures("in_acme")


def let_refill(seconds: float) -> None:
    Throttle.objects.update(updated_at=F("updated_at") - timedelta(seconds=seconds))


def test_an_identitys_limit_spreads_a_campaign_over_time(catcher: RunningCatcher) -> None:
    world.people(10)
    SendingIdentity.objects.update(per_second=1)
    campaign = world.send(world.campaign())
    first = len(catcher.delivered_to())
    assert first == throttles.BURST_SECONDS
    assert campaign.state == State.SENDING
    let_refill(3)
    world.let_time_pass(campaign)
    world.run(campaign)
    assert len(catcher.delivered_to()) == first + 3
    let_refill(60)
    world.let_time_pass(campaign)
    world.run(campaign)
    assert campaign.state == State.SENT
    assert len(catcher.delivered_to()) == 10


def test_a_slow_domain_holds_nobody_else_up(catcher: RunningCatcher) -> None:
    world.people(5, domain="slow.example")
    world.people(5, domain="quick.example")
    throttles.set_limit(throttles.DOMAIN, "slow.example", per_second=0.1, burst=2)
    campaign = world.send(world.campaign())
    delivered = catcher.delivered_to()
    assert sum(address.endswith("@slow.example") for address in delivered) == 2
    assert sum(address.endswith("@quick.example") for address in delivered) == 5
    assert set(Chunk.objects.filter(campaign=campaign).values_list("recipient_domain", flat=True)) == {
        "",
        "slow.example",
    }


def test_a_bucket_never_gives_more_than_it_holds() -> None:
    throttles.set_limit(throttles.TENANT, "", per_second=10, burst=5)
    ids = list(Throttle.objects.values_list("pk", flat=True))
    assert throttles.take(ids, 3).count == 3
    assert throttles.take(ids, 3).count == 2
    empty = throttles.take(ids, 3)
    assert empty.count == 0
    assert 0 < empty.wait_seconds <= 0.1


def test_the_tightest_bucket_decides_and_the_others_lose_no_more() -> None:
    throttles.set_limit(throttles.TENANT, "", per_second=1, burst=100)
    throttles.set_limit(throttles.DOMAIN, "a.example", per_second=1, burst=4)
    ids = list(Throttle.objects.values_list("pk", flat=True))
    assert throttles.take(ids, 50).count == 4
    assert Throttle.objects.get(scope=throttles.TENANT).tokens == pytest.approx(96, abs=0.5)


def test_lifting_a_limit_removes_its_bucket(catcher: RunningCatcher) -> None:
    SendingIdentity.objects.update(per_second=1)
    throttles.follow_identity(SendingIdentity.objects.get())
    SendingIdentity.objects.update(per_second=0)
    world.people(12)
    services.start(campaign := world.campaign(), by=None)
    world.run(campaign)
    assert len(catcher.delivered_to()) == 12
