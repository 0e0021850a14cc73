"""Events through the API: taken at once, in the history soon after, each once."""

from __future__ import annotations

from typing import Any

import pytest

from contacts.ingest.flushing import Flusher
from contacts.models import Event
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.api.conftest import Program

pytestmark = pytest.mark.django_db(transaction=True)
WISH = {"name": "wishlist.item_added", "properties": {"item": "Vinho verde"}}


def test_an_event_reaches_the_person(shop: Program, acme: Tenant) -> None:
    ana = shop.post("/contacts", {"name": "Ana", "emails": [{"address": "ana@example.com"}]}).json()
    told = shop.post(
        "/events",
        {
            **WISH,
            "person": {"email": "ANA@example.com"},
            "at": "2026-03-01T09:30:00+01:00",
            "source": "shop",
            "value": {"amount": 4990, "currency": "EUR"},
        },
    )
    assert (told.status_code, told.json()) == (202, {"accepted": 1})
    flush()
    event = next(each for each in history(shop, ana["id"]) if each["name"] == WISH["name"])
    assert event["at"] == "2026-03-01T08:30:00+00:00"
    assert (event["amount"], event["currency"], event["source"]) == (4990, "EUR", "shop")
    assert event["properties"] == {"item": "Vinho verde"}


def test_every_way_to_name_a_person(shop: Program) -> None:
    ana = shop.post(
        "/contacts",
        {"emails": [{"address": "ana@example.com"}], "identities": [{"namespace": "shop", "id": "C-1"}]},
    ).json()
    people: list[Any] = [
        {"contact_id": ana["id"]},
        {"email": "ana@example.com"},
        {"identity": {"namespace": "shop", "id": "C-1"}},
    ]
    told = shop.post("/events/batch", {"events": [{**WISH, "person": person} for person in people]})
    assert told.json() == {"accepted": 3}
    flush()
    assert sum(each["name"] == WISH["name"] for each in history(shop, ana["id"])) == 3


def test_told_twice_counts_once(shop: Program, acme: Tenant) -> None:
    for _time in range(2):
        shop.post("/events", {**WISH, "source": "shop", "key": "W-1"})
        shop.post("/events/batch", {"events": [WISH, WISH]}, Idempotency_Key="batch-7")
    flush()
    with tenant_context(acme):
        assert Event.objects.filter(name=WISH["name"]).count() == 3


def test_all_or_none(shop: Program, acme: Tenant) -> None:
    told = shop.post("/events/batch", {"events": [WISH, {"name": "email.sent"}]})
    assert told.status_code == 422
    assert told.json()["errors"][0]["field"] == "events.1.name"
    flush()
    with tenant_context(acme):
        assert not Event.objects.filter(name=WISH["name"]).exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "no verb"},
        {"person": {"email": "a@b.example", "contact_id": "1"}},
        {"at": "yesterday"},
        {"at": "2026-03-01T09:30:00"},
        {"value": {"amount": 1}},
        {"value": {"amount": 1.5, "currency": "EUR"}},
        {"properties": []},
    ],
    ids=str,
)
def test_what_cannot_be_an_event(shop: Program, wrong: dict[str, Any]) -> None:
    assert shop.post("/events", {**WISH, **wrong}).status_code == 422


def test_a_batch_has_its_limit(shop: Program) -> None:
    assert shop.post("/events/batch", {"events": [WISH] * 1000}).status_code == 202
    assert shop.post("/events/batch", {"events": [WISH] * 1001}).status_code == 422
    assert shop.post("/events/batch", {"events": []}).status_code == 422


def test_another_tenants_person_is_nobody_here(shop: Program, globex: Tenant) -> None:
    from tests.factories import ContactFactory

    with tenant_context(globex):
        foreign = ContactFactory()
    shop.post("/events", {**WISH, "person": {"contact_id": str(foreign.pk)}})
    flush()
    with tenant_context(globex):
        assert not Event.objects.filter(contact_id=foreign.pk, name=WISH["name"]).exists()


def history(shop: Program, contact_id: str) -> list[dict[str, Any]]:
    return shop.get(f"/contacts/{contact_id}/events").json()["items"]


def flush() -> None:
    flusher = Flusher("test")
    while flusher.step(wait_ms=1):
        pass
