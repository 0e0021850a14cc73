"""Changes of mind between "send" and the hand-over."""

from __future__ import annotations

import pytest

from campaigns.sending import audience, engine, services
from consent import suppression
from contacts import services as contacts
from tests.campaigns.sending import world
from tests.mail.catching import RunningCatcher

pytestmark = pytest.mark.usefixtures("in_acme")


def test_who_opts_out_before_their_turn_gets_nothing(catcher: RunningCatcher) -> None:
    ana, _ben = world.person("ana@example.com"), world.person("ben@example.com")
    campaign = world.campaign()
    services.start(campaign, by=None)
    list(audience.materialise(campaign.pk))
    world.opt_out(ana)
    engine.work(campaign.pk)
    assert catcher.delivered_to() == ["ben@example.com"]
    assert world.kinds(campaign)["ana@example.com"] == ["skipped"]
    assert world.reasons(campaign) == {"withdrawn": 1}
    progress = services.progress(campaign)
    assert (progress.sent, progress.skipped, progress.waiting) == (1, 1, 0)


def test_an_address_suppressed_or_binned_meanwhile_gets_nothing(catcher: RunningCatcher) -> None:
    world.person("gone@example.com")
    binned = world.person("binned@example.com")
    campaign = world.campaign()
    services.start(campaign, by=None)
    list(audience.materialise(campaign.pk))
    suppression.suppress(address_norm="gone@example.com", reason="complaint")
    contacts.bin_contact(contact=binned, by=None)
    engine.work(campaign.pk)
    assert catcher.delivered_to() == []
    assert world.reasons(campaign) == {"suppressed": 1, "binned": 1}


def test_who_agrees_again_in_time_gets_it(catcher: RunningCatcher) -> None:
    ana = world.person("ana@example.com")
    campaign = world.campaign()
    services.start(campaign, by=None)
    list(audience.materialise(campaign.pk))
    world.opt_out(ana)
    world.agree(ana)
    engine.work(campaign.pk)
    assert catcher.delivered_to() == ["ana@example.com"]
