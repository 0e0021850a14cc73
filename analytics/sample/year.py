"""A year of the sample's people: orders, visits and forms, as the history would have taken them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from analytics.sample.people import Person
from analytics.sample.trades import Trade
from contacts import events
from contacts.events import NewEvent


def make(trade: Trade, random: Random, people: list[Person], *, now: datetime) -> int:
    """Records everything in one batch; returns how many events there were."""
    everything = [event for person in people for event in _of(trade, random, person, now)]
    return events.record_many(sorted(everything, key=lambda event: event.at or now))


def _of(trade: Trade, random: Random, person: Person, now: datetime) -> Iterator[NewEvent]:
    yield from _visits(trade, random, person, now)
    if person.is_customer:
        yield from _orders(trade, random, person, now)
    if random.random() < 0.08:
        at = _between(random, person.joined, now)
        yield NewEvent("form.submitted", person.contact.pk, at, source="form", properties={"form": "Contact form"})


def _visits(trade: Trade, random: Random, person: Person, now: datetime) -> Iterator[NewEvent]:
    for _number in range(int(person.keenness * 14)):
        product = random.choice(trade.products)
        url = f"https://{trade.slug}.example/{product.split(',')[0].lower().replace(' ', '-')}"
        at = _between(random, person.joined, now)
        yield NewEvent("page.viewed", person.contact.pk, at, source="web", properties={"title": product, "url": url})


def _orders(trade: Trade, random: Random, person: Person, now: datetime) -> Iterator[NewEvent]:
    at = person.joined + timedelta(hours=random.uniform(0, 72))
    number = 0
    while at < now:
        item = random.randrange(len(trade.products))
        count = random.choice((1, 1, 1, 2, 3))
        reference = f"{trade.slug[:2].upper()}-{person.contact.pk}-{number}"
        yield NewEvent(
            "order.placed", person.contact.pk, at, source="shop", key=reference,
            amount=trade.prices[item] * count, currency=trade.currency,
            properties={"reference": reference, "items": [{"name": trade.products[item], "count": count}]},
        )  # fmt: skip
        number += 1
        at += timedelta(days=random.expovariate(1 / (trade.reorder_days * (1.6 - person.keenness))) + 5)


def _between(random: Random, start: datetime, end: datetime) -> datetime:
    return start + (end - start) * random.random()
