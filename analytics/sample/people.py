"""The sample's people, with their consent, made through the services, all together."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from analytics.sample.trades import Locale, Trade
from consent import purposes, suppression
from consent.models import Purpose, Source
from consent.services import Answer, record_many
from contacts.entries import AddressEntry
from contacts.models import Contact, EmailAddress
from contacts.models.people import Stage
from contacts.services.creating import Draft, create_contacts, draft
from ecrm.tenancy.models import User


@dataclass(frozen=True, slots=True)
class Person:
    """A contact as the year goes on: when they joined and how keen they are, 0 to 1."""

    contact: Contact
    joined: datetime
    keenness: float
    is_customer: bool


def make(trade: Trade, random: Random, *, now: datetime, by: User) -> list[Person]:
    drawn = [_person(trade, random, number, now=now, by=by) for number in range(trade.people)]
    create_contacts(drafts=[draft for _person, draft in drawn], by=None, at=now)
    made = [person for person, _draft in drawn]
    _answers(trade, random, made, now=now)
    _dead_addresses(random, made, now=now)
    return made


def _person(trade: Trade, random: Random, number: int, *, now: datetime, by: User) -> tuple[Person, Draft]:
    locale = random.choices(trade.locales, weights=[each.percent for each in trade.locales])[0]
    given, family = random.choice(locale.given), random.choice(locale.family)
    joined = _joined(random, now)
    is_customer = random.random() < 0.55
    made = draft(
        at=joined,
        phone_country=trade.country,
        given_name=given,
        family_name=family,
        name=f"{given} {family}",
        emails=[f"{_plain(given)}.{_plain(family)}{number}@example.org"] if random.random() < 0.97 else [],
        phones=[_phone(random, locale)] if random.random() < 0.4 else [],
        tags=random.sample(trade.tags, k=random.choice((0, 0, 0, 1, 1, 2))),
        company=random.choice(trade.companies) if random.random() < 0.06 else "",
        source=random.choice(trade.sources),
        stage=_stage(random, joined, is_customer, now),
        language=locale.language,
        country=locale.country,
        city=random.choice(locale.cities),
        owner=by if random.random() < 0.1 else None,
        **_beside(trade, locale, number, is_customer=is_customer, now=now),
    )
    return Person(made.contact, joined, random.random() ** 2, is_customer), made


def _beside(trade: Trade, locale: Locale, number: int, *, is_customer: bool, now: datetime) -> dict[str, Any]:
    """What only some tell. Draws by itself, so that what is drawn after it stays as it was."""
    random = Random(trade.people * 7919 + number)
    told: dict[str, Any] = {}
    if random.random() < 0.3:
        told["birthday"] = (now - timedelta(days=random.randint(18 * 365, 80 * 365))).date()
    if is_customer and random.random() < 0.6:
        told["identities"] = [("shop", f"C-{10_000 + number}")]
    if is_customer and random.random() < 0.4:
        street, postcode = (
            f"{random.choice(locale.family)} {random.randint(1, 90)}",
            str(random.randint(10_000, 98_999)),
        )
        city = random.choice(locale.cities)
        told["addresses"] = [AddressEntry(street, postcode, city, country=locale.country, kind="home")]
    return told


def _joined(random: Random, now: datetime) -> datetime:
    """Over the year, more towards its end: a base that grows."""
    days = 365 * (1 - random.random() ** 0.6)
    return now - timedelta(days=days, hours=random.randrange(12))


def _phone(random: Random, locale: Locale) -> str:
    return "".join(str(random.randrange(10)) if sign == "#" else sign for sign in locale.phone)


def _stage(random: Random, joined: datetime, is_customer: bool, now: datetime) -> str:
    if not is_customer:
        return random.choice((Stage.VISITOR, Stage.LEAD, Stage.LEAD, Stage.PROSPECT))
    is_old = now - joined > timedelta(days=240)
    return Stage.LAPSED if is_old and random.random() < 0.3 else Stage.CUSTOMER


def _answers(trade: Trade, random: Random, made: list[Person], *, now: datetime) -> None:
    newsletter, tracking = purposes.by_key("newsletter"), purposes.by_key("tracking")
    assert newsletter is not None
    assert tracking is not None
    given, taken_back = [], []
    for person in made:
        if random.random() < 0.72:
            given.append(_yes(trade, newsletter, person, person.joined))
            if random.random() < 0.38:
                given.append(_yes(trade, tracking, person, person.joined))
            if random.random() < 0.11:
                taken_back.append(_no(newsletter, person, random, now))
    record_many(given, by=None, source=Source.FORM)
    record_many(taken_back, by=None, source=Source.PREFERENCES)


def _yes(trade: Trade, purpose: Purpose, person: Person, at: datetime) -> Answer:
    evidence = {"origin": "Sign-up form", "url": f"https://{trade.slug}.example/newsletter", "ip": "203.0.113.7"}
    return Answer(person.contact.pk, purpose, "granted", at, evidence)


def _no(purpose: Purpose, person: Person, random: Random, now: datetime) -> Answer:
    later = person.joined + (now - person.joined) * random.uniform(0.2, 0.95)
    return Answer(person.contact.pk, purpose, "withdrawn", later, {"origin": "Preference page", "ip": "203.0.113.9"})


def _dead_addresses(random: Random, made: list[Person], *, now: datetime) -> None:
    """Some addresses bounced last month."""
    unlucky = random.sample([person.contact.pk for person in made], k=len(made) // 80)
    hashes = EmailAddress.objects.filter(contact__in=unlucky).values_list("address_hash", flat=True)
    suppression.suppress_many(
        [bytes(digest) for digest in hashes], reason="hard_bounce", at=now - timedelta(days=30), note="550 5.1.1"
    )


def _plain(name: str) -> str:
    folded = unicodedata.normalize("NFKD", name.lower().replace("ł", "l"))
    return "".join(letter for letter in folded if letter.isascii() and letter.isalpha())
