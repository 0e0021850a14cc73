"""What a tick finds is due, read as the dispatcher, and what the workers then do."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from redis import Redis

from contacts import services
from contacts.models import DirtyContact, Segment
from contacts.segments import tasks
from contacts.segments.services import create_segment, members
from ecrm.jobs import outbox
from ecrm.jobs.tasks import registry
from ecrm.tenancy.context import MissingTenant, tenant_context
from ecrm.tenancy.models import Tenant
from tests.segments.conftest import condition

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "dispatch"])


@pytest.fixture
def waiting() -> Iterator[Any]:
    """How many messages wait in the queue, as a worker would find them."""
    redis = Redis.from_url(settings.REDIS_URL)
    yield lambda: redis.llen("ingest")
    redis.close()


@pytest.fixture
def segment(acme: Tenant) -> Segment:
    with tenant_context(acme):
        made = create_segment(name="Portugal", rule=condition("country", "any_of", ["PT"]), by=None)
        outbox.drain()
        DirtyContact.objects.all().delete()
        return made.refreshed()


def test_marked_people_bring_one_hint_for_each_tenant(
    acme: Tenant, globex: Tenant, segment: Segment, waiting: Any
) -> None:
    tasks.hint_due()
    before = waiting()
    for tenant in (acme, acme, globex):
        with tenant_context(tenant):
            services.create_contact(by=None, name="Ana", country="PT")
    tasks.hint_due()
    assert waiting() == before + 2
    registry["segments.refresh"].celery_task.apply(kwargs={"tenant_id": acme.pk}, throw=True)
    with tenant_context(acme):
        assert members(segment).count() == 2
        assert not DirtyContact.objects.exists()
    with tenant_context(globex):
        assert DirtyContact.objects.exists()


def test_a_struck_clock_and_a_day_without_a_look_bring_a_hint(acme: Tenant, segment: Segment, waiting: Any) -> None:
    start = waiting()
    tasks.hint_due()
    tasks.hint_nightly()
    assert waiting() == start
    now = timezone.now()
    with tenant_context(acme):
        Segment.objects.update(next_boundary_at=now - timedelta(seconds=1), reconciled_at=now - timedelta(days=2))
    tasks.hint_due()
    assert waiting() == start + 1
    tasks.hint_nightly()
    assert waiting() == start + 2
    registry["segments.recalculate"].celery_task.apply(
        kwargs={"tenant_id": acme.pk, "segment_id": segment.pk}, throw=True
    )
    tasks.hint_nightly()
    assert waiting() == start + 2


def test_the_worker_refuses_without_a_tenant(acme: Tenant, segment: Segment) -> None:
    for name, arguments in (("refresh", {}), ("recalculate", {"segment_id": segment.pk})):
        with pytest.raises(MissingTenant):
            registry[f"segments.{name}"].celery_task.apply(kwargs=arguments, throw=True)
