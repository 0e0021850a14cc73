"""A campaign from "send" to the mailbox."""

from __future__ import annotations

from email import message_from_string
from email.policy import default

import pytest

from campaigns.models.campaign import State
from campaigns.sending import services
from campaigns.sending.addresses import CLICK, PREFERENCES, UNSUBSCRIBE
from ecrm.tenancy import tokens
from ecrm.tenancy.models import Tenant
from tests.campaigns.sending import world
from tests.cast import Member
from tests.mail.catching import RunningCatcher

pytestmark = pytest.mark.usefixtures("in_acme")


def test_those_who_agreed_get_one_message_each(catcher: RunningCatcher, alice: Member) -> None:
    world.people(3)
    world.person("silent@example.com", agreed=False)
    campaign = world.send(world.campaign(), by=alice.user)
    assert sorted(catcher.delivered_to()) == [f"person{number}@example.com" for number in range(3)]
    assert campaign.state == State.SENT
    assert campaign.finished_at is not None
    assert world.reasons(campaign) == {"no_consent": 1}
