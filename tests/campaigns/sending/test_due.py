"""Finding due work in any tenant, as the dispatcher, with Redis empty."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from campaigns.models import Campaign, Chunk
from campaigns.models.campaign import State
from campaigns.sending import audience, engine, hints, services
from ecrm.tenancy.context import bind_tenant, tenant_context
from ecrm.tenancy.models import Tenant
from tests.campaigns.sending import world
from tests.mail.catching import RunningCatcher

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "dispatch"])


@pytest.fixture
def started(acme: Tenant) -> Campaign:
    with tenant_context(acme):
        world.people(3)
        campaign = world.campaign()
        services.start(campaign, by=None)
    return campaign


def test_a_started_campaign_is_found_until_it_is_sent(acme: Tenant, started: Campaign, catcher: RunningCatcher) -> None:
    assert hints.tick() == 1, "its audience is due"
    with bind_tenant(acme):
        list(audience.materialise(started.pk))
    assert hints.tick() == 1, "its chunk is due"
    with bind_tenant(acme):
        engine.work(started.pk)
    assert hints.tick() == 0


def test_a_paused_campaign_is_left_alone(acme: Tenant, started: Campaign) -> None:
    with tenant_context(acme):
        Campaign.objects.filter(pk=started.pk).update(state=State.PAUSED)
    assert hints.tick() == 0


def test_a_chunk_in_somebodys_hands_is_left_to_them(acme: Tenant, started: Campaign) -> None:
    with bind_tenant(acme):
        list(audience.materialise(started.pk))
    with tenant_context(acme):
        Chunk.objects.update(leased_until=Now() + timedelta(minutes=1))
    assert hints.tick() == 0
    with tenant_context(acme):
        Chunk.objects.update(leased_until=Now() - timedelta(seconds=1))
    assert hints.tick() == 1, "the lease has run out"


def test_a_scheduled_campaign_is_found_when_its_time_has_come(acme: Tenant, started: Campaign) -> None:
    with tenant_context(acme):
        Campaign.objects.update(state=State.PAUSED)
        later = world.campaign()
        Campaign.objects.filter(pk=later.pk).update(state=State.SCHEDULED, scheduled_at=Now() + timedelta(hours=1))
    assert hints.tick() == 0
    with tenant_context(acme):
        Campaign.objects.filter(pk=later.pk).update(scheduled_at=Now())
    assert hints.tick() == 1
