import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from contacts import events, services
from contacts.models import Contact, PostalAddress, Segment
from contacts.segments.services import create_segment
from ecrm.jobs import outbox
from ecrm.tenancy.models import Tenant

NOW = datetime(2026, 3, 12, 12, 0, tzinfo=UTC)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def condition(criterion: str, operator: str, value: Any = None) -> dict[str, Any]:
    return {"criterion": criterion, "operator": operator, "value": value}


def order(contact: Contact, minor: int, *, days_ago: float, currency: str = "EUR", at: datetime | None = None) -> None:
    events.record("order.placed", contact=contact, at=at or ago(days_ago), amount=minor, currency=currency)


def visit(contact: Contact, *, days_ago: float, **said: Any) -> None:
    events.record("page.viewed", contact=contact, at=ago(days_ago), properties=said)


def set_coordinates(contact: Contact, latitude: float, longitude: float) -> None:
    PostalAddress.objects.create(contact=contact, latitude=latitude, longitude=longitude)


@pytest.fixture
def person(in_acme: Tenant) -> Callable[..., Contact]:
    def make(name: str, **fields: Any) -> Contact:
        at = fields.pop("at", ago(400))
        return services.create_contact(by=None, at=at, name=name, **fields)

    return make


@pytest.fixture
def segment_of(in_acme: Tenant) -> Callable[..., Segment]:
    """A calculated segment."""

    def make(rule: Any, name: str = "Some people") -> Segment:
        segment = create_segment(name=name, rule=rule, by=None)
        outbox.drain()
        return segment.refreshed()

    return make


@pytest.fixture
def crowd(person: Callable[..., Contact]) -> list[Contact]:
    """People who differ in everything rules can ask, absent values among them."""
    ana = person(
        "Ana Prata", country="PT", city="Porto", stage="customer", language="pt", tags=["vip", "tea"],
        emails=["ana@example.com"], birthday=date(1980, 3, 14), company="Acme Teas", at=ago(500),
    )  # fmt: skip
    bea = person(
        "Beatriz Moniz", country="PT", city="porto", stage="lead", tags=["tea"], emails=["bea@example.com"], at=ago(20)
    )
    carl = person("Carl Óscar", country="DE", stage="customer", tags=["vip"], birthday=date(1992, 2, 29), at=ago(90))
    dora = person("Dora", country="ES", city="Vigo", stage="lapsed", phones=["+34986000001"], at=ago(30))
    blank = person("", at=ago(1))
    visitor = person("50% off_er", stage="visitor", source="shop", job_title="Buyer", at=ago(365))
    order(ana, 40_000, days_ago=10)
    order(ana, 50_000, days_ago=80)
    order(ana, 99_000, days_ago=300)
    order(bea, 100, days_ago=89.99)
    order(carl, 79_999, days_ago=1)
    order(dora, 500_000, days_ago=1, currency="PLN")
    for days_ago in (1, 2, 3, 59, 61):
        visit(ana, days_ago=days_ago)
    visit(carl, days_ago=30)
    visit(dora, days_ago=200)
    binned = person("Gone", country="PT", tags=["vip"], at=ago(50))
    services.bin_contact(contact=binned, by=None)
    return [ana, bea, carl, dora, blank, visitor]


@pytest.fixture
def rich_crowd(crowd: list[Contact]) -> list[Contact]:
    """The same with details in their history, places on the map, and numbers in other systems."""
    ana, bea, carl, dora, blank, visitor = crowd
    visit(carl, days_ago=29, path="/tea", weight=2.5)
    visit(carl, days_ago=31, path="/Coffee", weight="12")
    visit(bea, days_ago=5, path="/tea/green", weight="heavy")
    events.record("order.placed", contact=bea, at=ago(15), amount=900, currency="EUR", properties={"weight": 3})
    events.record("order.placed", contact=bea, at=ago(14), amount=900, currency="EUR", properties={"path": "/tea"})
    set_coordinates(carl, 52.5, 13.39)
    set_coordinates(bea, 41.16, -8.62)
    set_coordinates(visitor, -0.1, -179.9)
    services.add_identity(contact=ana, namespace="shop", external_id="C-1", by=None)
    services.add_identity(contact=dora, namespace="till", external_id="C-1", by=None)
    services.edit_contact(contact=blank, by=None, city="Lisboa", country="PT")
    return crowd


@pytest.fixture
def strangers(rich_crowd: list[Contact], person: Callable[..., Contact]) -> list[Contact]:
    """Ten more as chance would have them, and the same every time."""
    chance = random.Random(8)
    return [_stranger(f"stranger{number}", person, chance) for number in range(10)]


def _stranger(key: str, person: Callable[..., Contact], chance: random.Random) -> Contact:
    days = (0.5, 5, 19, 20.5, 45, 60, 89.9, 91, 200, 364)
    contact = person(
        chance.choice(["Ana", "Dora Ana", "50% off", "Óscar", "a_b", ""]),
        country=chance.choice(["", "PT", "ES", "DE", "PL"]),
        city=chance.choice(["", "Porto", "PORTO", "Vigo"]),
        stage=chance.choice(["visitor", "lead", "customer", "lapsed"]),
        tags=chance.sample(["vip", "tea"], chance.randint(0, 2)),
        emails=[f"{key}@{chance.choice(['example.com', 'example.net'])}"] * chance.randint(0, 1),
        birthday=chance.choice([None, date(1980, 3, 14), date(1986, 4, 12), date(1992, 2, 29), date(1995, 3, 13)]),
        at=ago(chance.choice(days)),
    )
    for _time in range(chance.randint(0, 4)):
        said = chance.choice([{}, {"path": "/tea"}, {"path": "/Tea/x", "weight": 2}, {"weight": "heavy"}])
        visit(contact, days_ago=chance.choice(days), **said)
    for _time in range(chance.randint(0, 3)):
        minor, currency = chance.choice([100, 79_999, 80_000, 95_000]), chance.choice(["EUR", "EUR", "PLN"])
        order(contact, minor, days_ago=chance.choice(days), currency=currency)
    if chance.random() < 0.5:
        set_coordinates(contact, *chance.choice([(41.16, -8.62), (39.0, -9.0), (52.5, 13.3), (-0.1, 179.8)]))
    return contact
