"""Mails that wait together share their work, and no other's trouble."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.utils import timezone

from ecrm.jobs import outbox
from ecrm.jobs.models import OutboxEntry
from ecrm.mail.inbound import batch, receivers, services
from ecrm.mail.inbound.receivers import Arrival
from ecrm.mail.models import InboundMail
from ecrm.tenancy.context import bind_tenant, tenant_context
from ecrm.tenancy.models import Tenant
from tests.mail.inbound.conftest import RunningDoor
from tests.mail.inbound.mails import mail
from tests.mail.inbound.test_door import client

TO = "support.acme@in.localhost"
State = InboundMail.State


def accept(raw: bytes) -> InboundMail:
    kept = services.accept(raw, recipient=TO, sender="ana@example.com", channel="smtp")
    assert kept is not None
    return kept


def states(tenant: Tenant) -> list[tuple[str, int]]:
    with tenant_context(tenant):
        return list(InboundMail.objects.order_by("id").values_list("state", "attempts"))


@pytest.fixture
def _chokes() -> Iterator[None]:
    def choke(arrival: Arrival) -> bool:
        if arrival.letter.subject == "bad":
            raise RuntimeError("a bug")
        return False

    receivers.register(-2, choke)
    yield
    receivers._receivers.remove((-2, choke))


@pytest.mark.usefixtures("_chokes")
def test_one_bad_mail_harms_no_other(acme: Tenant, arrivals: list[Arrival]) -> None:
    for subject in ("one", "bad", "three"):
        accept(mail(Subject=subject))
    with bind_tenant(acme), pytest.raises(RuntimeError):
        outbox.drain()
    assert states(acme) == [(State.TAKEN, 1), (State.WAITING, 1), (State.TAKEN, 1)]
    with tenant_context(acme):
        entry = OutboxEntry.objects.get(task=services.TAKE_IN)
    assert (entry.error, entry.leased_until) == ("RuntimeError", None)


def test_more_than_one_batch(acme: Tenant, arrivals: list[Arrival], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "MOST_TOGETHER", 3)
    for number in range(7):
        accept(mail(Subject=str(number)))
    with bind_tenant(acme):
        assert outbox.work_waiting(services.TAKE_IN) == 7
    assert [arrival.letter.subject for arrival in arrivals] == [str(number) for number in range(7)]


def test_what_a_dead_worker_held_is_taken_one_by_one_when_its_lease_ends(acme: Tenant, arrivals: list[Arrival]) -> None:
    kept = [accept(mail(Subject=str(number))) for number in range(3)]
    with bind_tenant(acme):
        claimed = outbox._claim_waiting(services.TAKE_IN)
        assert len(batch._begin([each.pk for each in kept])) == len(claimed) == 3
        assert outbox.work_waiting(services.TAKE_IN) == 0
    with tenant_context(acme):
        (lease,) = set(OutboxEntry.objects.values_list("leased_until", flat=True))
        assert lease < timezone.now() + timedelta(minutes=2)
        OutboxEntry.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    with bind_tenant(acme):
        assert outbox.work_waiting(services.TAKE_IN) == 3
    assert states(acme) == [(State.TAKEN, 2)] * 3
    assert len(arrivals) == 3


@pytest.mark.django_db(transaction=True)
def test_what_comes_through_the_door_at_once_is_kept_once_each(
    acme: Tenant, open_door: Callable[..., RunningDoor]
) -> None:
    door = open_door()

    def send(number: int) -> None:
        with client(door) as smtp:
            smtp.sendmail("ana@example.com", [TO], mail(Subject=str(number % 8)))

    with ThreadPoolExecutor(16) as senders:
        list(senders.map(send, range(16)))
    assert states(acme) == [(State.WAITING, 0)] * 8
    with tenant_context(acme):
        assert OutboxEntry.objects.filter(task=services.TAKE_IN).count() == 8
