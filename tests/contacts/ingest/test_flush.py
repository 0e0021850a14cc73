"""What a door takes is in the history once, whatever dies in between; what cannot be written is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from contacts import services
from contacts.ingest import InvalidEvent, RawEvent, flushing, hand_over, offer, stream
from contacts.ingest.flushing import Flusher
from contacts.models import Contact, Event, RefusedEvent
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.cast import Member

pytestmark = pytest.mark.usefixtures("in_acme")


@pytest.fixture
def dora(acme: Tenant) -> Contact:
    return services.create_contact(by=None, name="Dora", emails=["dora@example.com"])


def flush(name: str = "test") -> None:
    flusher = Flusher(name)
    while flusher.step(wait_ms=1):
        pass


def names(contact: Contact) -> list[str]:
    told = Event.objects.filter(contact_id=contact.pk).order_by("occurred_at", "id")
    return [event.name for event in told if event.name != "contact.created"]


def reasons() -> list[str]:
    return list(RefusedEvent.objects.order_by("id").values_list("reason", flat=True))


def test_people_are_found_by_number_address_and_identity(acme: Tenant, dora: Contact) -> None:
    dora.identities.create(namespace="shop", external_id="C-1")
    offer(
        acme.pk,
        [
            RawEvent("order.placed", person={"contact_id": dora.pk}, amount=995, currency="EUR"),
            RawEvent("wishlist.item_added", person={"email": "Dora@Example.com"}),
            RawEvent("page.viewed", person={"identity": ["shop", "C-1"]}),
        ],
    )
    assert names(dora) == []
    flush()
    assert sorted(names(dora)) == ["order.placed", "page.viewed", "wishlist.item_added"]
    assert dora.refreshed().last_active_at is not None
    assert stream.waiting() == 0


def test_a_stranger_is_set_aside_and_keeps_nobody_else_waiting(acme: Tenant, dora: Contact) -> None:
    offer(
        acme.pk,
        [
            RawEvent("page.viewed", person={"email": "nobody@example.com"}),
            RawEvent("page.viewed", person={"contact_id": dora.pk}),
        ],
    )
    flush()
    assert names(dora) == ["page.viewed"]
    assert reasons() == ["person: nobody here goes by this name"]


def test_another_tenants_people_are_strangers(acme: Tenant, globex: Tenant, dora: Contact) -> None:
    offer(globex.pk, [RawEvent("page.viewed", person={"contact_id": dora.pk})])
    flush()
    assert names(dora) == []
    with tenant_context(globex):
        assert reasons() == ["person: nobody here goes by this name"]


def test_killed_after_writing_and_before_acknowledging_counts_once(acme: Tenant, dora: Contact) -> None:
    offer(acme.pk, [RawEvent("page.viewed", person={"contact_id": dora.pk})])
    stream.open_group()
    taken = stream.read("first", count=10, wait_ms=1)
    flushing._write(acme.pk, taken)
    flush("first")
    assert names(dora) == ["page.viewed"]
    assert stream.waiting() == 0


def test_killed_before_writing_loses_nothing(acme: Tenant, dora: Contact, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(acme.pk, [RawEvent("page.viewed", person={"contact_id": dora.pk})])
    stream.open_group()
    assert stream.read("dead for ever", count=10, wait_ms=1)
    monkeypatch.setattr(flushing, "IDLE_MS", 0)
    flush("another")
    assert names(dora) == ["page.viewed"]
    assert stream.waiting() == 0


def test_the_same_key_counts_once_whenever_it_comes(acme: Tenant, dora: Contact) -> None:
    for _time in range(2):
        event = RawEvent(
            "order.placed", person={"contact_id": dora.pk}, amount=1, currency="EUR", source="shop", key="7"
        )
        offer(acme.pk, [event, event])
        flush()
    assert names(dora) == ["order.placed"]


def test_the_same_batch_counts_once(acme: Tenant, dora: Contact) -> None:
    for _time in range(2):
        offer(acme.pk, [RawEvent("page.viewed", person={"contact_id": dora.pk})], key="any key, even a long one " * 20)
    flush()
    assert names(dora) == ["page.viewed"]


def test_one_parcel_that_cannot_be_read_is_set_aside_alone(acme: Tenant, dora: Contact) -> None:
    for number in range(9):
        offer(acme.pk, [RawEvent("page.viewed", person={"contact_id": dora.pk})])
        if number == 4:
            hand_over(acme.pk, "events", b"no JSON")
            hand_over(acme.pk, "unheard-of", b"[]")
    flush()
    assert names(dora) == ["page.viewed"] * 9
    assert len(reasons()) == 2


def test_clocks_run_ahead_by_a_day_at_most(acme: Tenant, dora: Contact) -> None:
    now = datetime.now(UTC)
    person = {"contact_id": dora.pk}
    offer(
        acme.pk,
        [
            RawEvent("page.viewed", at=now + timedelta(days=400), person=person),
            RawEvent("page.viewed", at=now - timedelta(days=700), person=person),
            RawEvent("page.viewed", at=now - timedelta(days=900), person=person),
        ],
    )
    flush()
    times = sorted(Event.objects.filter(name="page.viewed").values_list("occurred_at", flat=True))
    assert times[0] == now - timedelta(days=700)
    assert now < times[1] <= datetime.now(UTC) + timedelta(days=1)
    assert reasons() == ["at: more than two years ago"]


@pytest.mark.parametrize(
    ("event", "about"),
    [
        (RawEvent("Order Placed"), "name"),
        (RawEvent("consent.granted"), "name"),
        (RawEvent("email.forged"), "name"),
        (RawEvent("page.viewed", person={"email": "a@b.example", "contact_id": 1}), "person"),
        (RawEvent("page.viewed", person={"phone": "1"}), "person"),
        (RawEvent("order.placed", amount=5), "currency"),
        (RawEvent("order.placed", amount=True, currency="EUR"), "amount"),
        (RawEvent("page.viewed", at=datetime(2026, 1, 1)), "at"),  # noqa: DTZ001
        (RawEvent("page.viewed", properties={"text": "a\0b"}), "text"),
        (RawEvent("page.viewed", properties={"text": "x" * 40_000}), "properties"),
        (RawEvent("page.viewed", properties={"text": object()}), "properties"),
        (RawEvent("page.viewed", key="k" * 201), "key"),
    ],
)
def test_what_can_never_be_recorded_is_refused_at_the_door(acme: Tenant, event: RawEvent, about: str) -> None:
    with pytest.raises(InvalidEvent, match=f"^{about}:") as refused:
        offer(acme.pk, [RawEvent("page.viewed"), event])
    assert refused.value.place == 1
    assert stream.waiting() == 0


def test_a_full_stream_refuses(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "MOST_WAITING", 1)
    offer(acme.pk, [RawEvent("page.viewed")])
    with pytest.raises(stream.IntakeFull):
        offer(acme.pk, [RawEvent("page.viewed")])


def test_the_contact_page_shows_what_other_systems_made_up(acme: Tenant, alice: Member, dora: Contact) -> None:
    offer(acme.pk, [RawEvent("wishlist.item_added", person={"contact_id": dora.pk})])
    flush()
    assert "Wishlist item added" in alice.get("contact_page", dora.pk).content.decode()
