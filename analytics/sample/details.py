"""The sample's own fields: what a shop like this keeps about people and companies beyond the usual."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from analytics.sample.people import Person
from analytics.sample.trades import Trade
from contacts import fields
from contacts.fields import defining
from contacts.models import Company, CustomField
from ecrm.tenancy.models import User
from ecrm.tenancy.roles import Role

Kind = CustomField.Kind
Draw = Callable[[Random, datetime, "Pool"], Any]


@dataclass(frozen=True, slots=True)
class Detail:
    """One field and how often (0 to 1) somebody has a value of it."""

    kind: str
    label: str
    share: float
    draw: Draw
    choices: Sequence[str] = ()
    more: Mapping[str, Any] = field(default_factory=dict)


class Pool(NamedTuple):
    """Whom a value may name."""

    people: Sequence[int]
    companies: Sequence[int]


def _one_of(*keys: str) -> Draw:
    return lambda random, _now, _pool: random.choice(keys)


def _some_of(*keys: str) -> Draw:
    return lambda random, _now, _pool: random.sample(keys, k=random.choice((1, 1, 2)))


def _day(earliest: int, latest: int) -> Draw:
    """Days from today."""
    return lambda random, now, _pool: (now + timedelta(days=random.randint(earliest, latest))).date().isoformat()


def _moment(earliest: int, latest: int) -> Draw:
    """On a working hour, days from today."""

    def drawn(random: Random, now: datetime, _pool: Pool) -> str:
        day = now + timedelta(days=random.randint(earliest, latest))
        return day.replace(hour=random.randint(9, 17)).isoformat()

    return drawn


def _amount(currency: str, lowest: int, highest: int) -> Draw:
    """Whole amounts."""
    return lambda random, _now, _pool: {"amount": random.randint(lowest, highest) * 10_000, "currency": currency}


PEOPLE: Mapping[str, Sequence[Detail]] = {
    "verdelume": (
        Detail(Kind.CHOICE, "Favourite shop", 0.4, _one_of("porto", "lisboa", "online"), ("Porto", "Lisboa", "Online")),
        Detail(
            Kind.CHOICES,
            "Scents",
            0.3,
            _some_of("lemon_verbena", "fig", "unscented"),
            ("Lemon verbena", "Fig", "Unscented"),
        ),
        Detail(Kind.NUMBER, "Household", 0.25, lambda random, _now, _pool: random.randint(1, 6)),
        Detail(Kind.DATE, "Next refill", 0.2, _day(-20, 60)),
        Detail(
            Kind.TEXT, "Keep in mind", 0.05, _one_of("Allergic to verbena", "Rings twice", "Leave it at the counter")
        ),
        Detail(Kind.BOOLEAN, "Returns canisters", 0.3, lambda random, _now, _pool: random.random() < 0.7),
        Detail(Kind.DATETIME, "Next delivery", 0.04, _moment(1, 14)),
        Detail(
            Kind.LINK, "Own shop", 0.02, lambda random, _now, _pool: f"https://shop{random.randint(1, 99)}.example/"
        ),
        Detail(Kind.PERSON, "Came through", 0.05, lambda random, _now, pool: random.choice(pool.people)),
        Detail(Kind.COMPANY, "Collects at", 0.04, lambda random, _now, pool: random.choice(pool.companies)),
        Detail(Kind.MONEY, "Credit limit", 0.03, _amount("EUR", 1, 40), more={"visible_to": [Role.SALES]}),
    ),
    "bystra": (
        Detail(Kind.CHOICES, "Rowery", 0.5, _some_of("szosowy", "miejski", "mtb"), ("Szosowy", "Miejski", "MTB")),
        Detail(Kind.DATE, "Następny przegląd", 0.4, _day(-30, 200)),
    ),
}
COMPANIES: Mapping[str, Sequence[Detail]] = {
    "verdelume": (
        Detail(Kind.CHOICE, "Delivery day", 1.0, _one_of("monday", "thursday"), ("Monday", "Thursday")),
        Detail(Kind.BOOLEAN, "Takes bottles back", 0.7, lambda random, _now, _pool: random.random() < 0.6),
    ),
    "bystra": (Detail(Kind.NUMBER, "Rowery we flocie", 1.0, lambda random, _now, _pool: random.randint(3, 60)),),
}


def make(trade: Trade, made: Sequence[Person], *, now: datetime, by: User) -> str:
    """Draws by itself, so that what is drawn after it stays as it was."""
    random = Random(trade.people)
    people = [person.contact.pk for person in made]
    companies = list(Company.objects.order_by("pk").values_list("pk", flat=True))
    pool = Pool(people, companies)
    count = sum(
        _fill(entity, details.get(trade.slug, ()), ids, random, pool, now=now, by=by)
        for entity, details, ids in (("contact", PEOPLE, people), ("company", COMPANIES, companies))
    )
    return f"{count} values of its own fields"


def _fill(
    entity: str, details: Sequence[Detail], ids: Sequence[int], random: Random, pool: Pool, *, now: datetime, by: User
) -> int:
    given: dict[int, dict[str, Any]] = {}
    for detail in details:
        own = defining.create(
            entity=entity, kind=detail.kind, label=detail.label, choices=detail.choices, by=by, at=now, **detail.more
        )
        for pk in ids:
            if random.random() < detail.share:
                given.setdefault(pk, {})[own.key] = detail.draw(random, now, pool)
    fields.put(entity, given)
    return sum(map(len, given.values()))
