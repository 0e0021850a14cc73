"""A base of people some of whom were written down twice, and who they really are.

What goes wrong is modelled on how records come about, not on how they are compared: a clerk mistypes,
a form is filled in with another mailbox, an old system had no accents, somebody moved or married. And
what is no duplicate looks like one: families share a phone and a door, some fathers and sons a name,
twins a birthday, towns are full of people called alike. Two who live together are not called alike by
chance: nobody names two children the same. Few surnames and towns are common; of the rare ones there are
as many as a base of a million has, a hundred thousand and more surnames and thousands of towns, and they
are close to one another. Nobody is written down without a way to reach them. Always the same for a size.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import accumulate
from typing import Any
from unicodedata import normalize


def _listed(words: str) -> list[str]:
    return words.split()


TWICE = 0.06  # of people were written down again, a fifth of those a third time
HOUSEHOLD = 0.10  # of people live with the one before them
NAMESAKE = 0.002  # of those have their name, too
TWINS = 0.01  # of those have their birthday

GIVEN = _listed(
    "Anna Maria Katarzyna Małgorzata Agnieszka Barbara Ewa Krystyna Elżbieta Zofia Magdalena Joanna Aleksandra Monika"
    " Jan Piotr Krzysztof Andrzej Tomasz Paweł Michał Marcin Stanisław Jakub Adam Łukasz Wojciech Mateusz Grzegorz"
    " João José António Manuel Francisco Pedro Tiago Rui Luís Miguel Inês Beatriz Catarina Sofia Mariana Leonor Rita"
    " Teresa Helena Margarida Carlos Javier Alejandro Fernando Sergio Rafael Lucía Carmen Pilar Dolores Isabel Rosario"
    " Mercedes Jean Pierre Michel Philippe Nicolas François Frédéric Sébastien Émilie Céline Chloé Léa Hélène Valérie"
    " Stéphanie Amélie James John Robert William Michael David Thomas Christopher Daniel Matthew Elizabeth Katherine"
    " Susan Margaret Patricia Jennifer Rebecca Sarah Emma Olivia Oliver George Harry Charlotte Alexander Benjamin"
)
SHORT = {
    "Katarzyna": "Kaśka", "Małgorzata": "Gosia", "Barbara": "Basia", "Elżbieta": "Ela", "Zofia": "Zosia",
    "Magdalena": "Magda", "Joanna": "Asia", "Aleksandra": "Ola", "Krzysztof": "Krzysiek", "Tomasz": "Tomek",
    "Jakub": "Kuba", "Wojciech": "Wojtek", "José": "Zé", "Francisco": "Chico", "António": "Tó", "Beatriz": "Bia",
    "Javier": "Javi", "Rafael": "Rafa", "Dolores": "Lola", "Alejandro": "Álex", "Philippe": "Phil",
    "Sébastien": "Séb", "Robert": "Bob", "William": "Bill", "Michael": "Mike", "Thomas": "Tom",
    "Christopher": "Chris", "Elizabeth": "Liz", "Katherine": "Kate", "Margaret": "Maggie", "Benjamin": "Ben",
    "Daniel": "Dani", "Alexander": "Sasha", "Stanisław": "Staszek", "Grzegorz": "Grzesiek",
}  # fmt: skip
COMMON = _listed(
    "Nowak Kowalski Wiśniewski Wójcik Kowalczyk Kamiński Lewandowski Zieliński Szymański Woźniak Silva Santos Ferreira"
    " Pereira Oliveira Costa Rodrigues Martins Sousa Fernandes García Martínez López Sánchez Pérez Gómez Martin Bernard"
    " Dubois Moreau Laurent Lefebvre Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright"
)
ONSETS = _listed("b br c d dr f fr g gr h j k kl kr l m n p pl pr r s sk st t tr v w z")
ROOTS = [f"{onset}{vowel}{coda}" for onset in ONSETS for vowel in "aeiou" for coda in "lmnrst"]
MIDDLES = _listed("an ar el en er ev ib il in is ol on or ov ub ul un ur")
ENDINGS = _listed("ski cki wicz czak ak ek os es ez eira inho elli er ton son ley court ière aud eau")
VILLAGES = _listed("anów elada inville erham orice")
PLACES = _listed(
    "Warszawa Kraków Łódź Wrocław Poznań Gdańsk Szczecin Lublin Lisboa Porto Braga Coimbra Faro Setúbal Madrid"
    " Barcelona Valencia Sevilla Zaragoza Málaga Paris Marseille Lyon Toulouse Nice Nantes London Birmingham Leeds"
    " Glasgow Sheffield Bristol"
)
STREETS = _listed(
    "Polna Leśna Słoneczna Krótka Ogrodowa Augusta Flores Liberdade Mayor Real Sol Gare Église Moulin High Station"
)
PROVIDERS = ["gmail.com", "outlook.com", "wp.pl", "onet.pl", "sapo.pt", "hotmail.com", "orange.fr", "yahoo.com"]
KEYBOARD = ["qwertyuiop", "asdfghjkl", "zxcvbnm"]


@dataclass(frozen=True, slots=True)
class Record:
    """One line of the base. ``person`` is who it really is."""

    person: int
    given: str
    family: str
    email: str = ""
    phone: str = ""
    city: str = ""
    street: str = ""
    postcode: str = ""
    born: date | None = None
    is_turned: bool = False

    @property
    def name(self) -> str:
        words = (self.family, self.given) if self.is_turned else (self.given, self.family)
        return " ".join(filter(None, words))


def records(count: int) -> Iterator[Record]:
    """About ``count`` lines, a person's lines far apart."""
    dice = random.Random(count)
    world = _World(dice)
    later: list[Record] = []
    made, number = 0, 0
    former: Record | None = None
    while made < count:
        person = _household(world, number, former) if former and dice.random() < HOUSEHOLD else world.person(number)
        yield person
        made, number, former = made + 1, number + 1, person
        if dice.random() < TWICE / (1 + TWICE):
            again = [_again(world, person) for _ in range(2 if dice.random() < 0.2 else 1)]
            later.extend(again)
            made += len(again)
    dice.shuffle(later)
    yield from later


class _World:
    """Names, towns and mailboxes, few of them common and most of them rare."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        rare = sorted({f"{r}{m}{e}".capitalize() for r in ROOTS for m in MIDDLES for e in ENDINGS})
        dice.shuffle(rare)
        self.families = [*COMMON, *rare]
        self.family_weights = _weights(len(self.families), 0.72)
        self.given_weights = _weights(len(GIVEN), 0.5)
        villages = [f"{root}{ending}".capitalize() for root in ROOTS for ending in VILLAGES]
        dice.shuffle(villages)
        self.towns = [*PLACES, *villages]
        self.town_weights = _weights(len(self.towns), 0.8)

    def pick(self, values: Sequence[str], weights: Sequence[float]) -> str:
        return self.dice.choices(values, cum_weights=weights)[0]

    def given(self) -> str:
        return self.pick(GIVEN, self.given_weights)

    def given_but(self, taken: str) -> str:
        return next(name for name in iter(self.given, "") if name != taken)

    def family(self) -> str:
        return self.pick(self.families, self.family_weights)

    def phone(self) -> str:
        return (
            f"{self.dice.choice(('+48', '+351', '+34', '+33', '+44'))}{self.dice.randrange(200_000_000, 999_999_999)}"
        )

    def place(self) -> dict[str, Any]:
        city = self.pick(self.towns, self.town_weights)
        if self.dice.random() < 0.5:
            return {"city": city}
        street = f"{self.dice.choice(STREETS)} {self.dice.randrange(1, 140)}"
        return {
            "city": city,
            "street": street,
            "postcode": f"{sum(map(ord, city)) % 90 + 10}-{self.dice.randrange(200):03}",
        }

    def email(self, given: str, family: str) -> str:
        first, last = _plain(given), _plain(family)
        number = str(self.dice.randrange(1, 9999))
        local = self.dice.choice((
            f"{first}.{last}", f"{first}.{last}{number}", f"{first[0]}{last}{number}", f"{last}{number}",
            f"{last}.{first}{number}", f"{first}{number}",
            f"{self.dice.choice(ROOTS)}{self.dice.choice(MIDDLES)}{number}",
        ))  # fmt: skip
        return f"{local}@{self.dice.choice(PROVIDERS)}"

    def person(self, number: int) -> Record:
        given, family, dice = self.given(), self.family(), self.dice
        email = self.email(given, family) if dice.random() < 0.88 else ""
        return Record(
            number,
            given,
            family,
            email=email,
            phone=self.phone() if not email or dice.random() < 0.75 else "",
            born=date(1940, 1, 1) + timedelta(days=dice.randrange(24_000)) if dice.random() < 0.4 else None,
            **(self.place() if dice.random() < 0.9 else {}),
        )


def _household(world: _World, number: int, other: Record) -> Record:
    """Somebody else at the same door: the family's name and often its phone, now and then the father's name too."""
    own = world.person(number)
    given = other.given if world.dice.random() < NAMESAKE else world.given_but(other.given)
    born = own.born or (
        date(1990, 1, 1) + timedelta(days=world.dice.randrange(7_000)) if given == other.given else None
    )
    if given != other.given and world.dice.random() < TWINS:
        born = other.born
    shared: dict[str, Any] = {"city": other.city, "street": other.street, "postcode": other.postcode}
    phone = other.phone if world.dice.random() < 0.4 else own.phone
    email = world.email(given, other.family) if own.email else ""
    return replace(own, given=given, family=other.family, phone=phone, born=born, email=email, **shared)


Noise = Callable[[_World, Record], Record]


def _again(world: _World, record: Record) -> Record:
    """The same person, written down another time: one to three things are different."""
    changed = record
    for noise in world.dice.sample(_NOISES, counts=_OFTEN, k=world.dice.choices((1, 2, 3), (60, 30, 10))[0]):
        changed = noise(world, changed)
    # No two lines have one address: the second has it with what mail servers ignore, or another one, or none.
    if changed.email and changed.email == record.email:
        changed = world.dice.choice((_tagged, _other_mailbox, _without))(world, changed)
    return changed if changed.email or changed.phone else replace(changed, phone=record.phone or world.phone())


def _tagged(world: _World, record: Record) -> Record:
    local, _at, domain = record.email.partition("@")
    return replace(record, email=f"{local}+{world.dice.choice(('shop', 'news', '2'))}@{domain}")


def _without(_world: _World, record: Record) -> Record:
    return replace(record, email="")


def _typo(world: _World, text: str) -> str:
    """A neighbouring key, a letter too many or too few, two letters turned."""
    if len(text) < 3:
        return text
    at = world.dice.randrange(1, len(text) - 1)
    letter = text[at].lower()
    row = next((row for row in KEYBOARD if letter in row), "")
    near = row[max(0, row.find(letter) - 1) : row.find(letter) + 2].replace(letter, "") or letter
    return world.dice.choice((
        text[:at] + world.dice.choice(near) + text[at + 1 :],
        text[:at] + text[at + 1 :],
        text[:at] + letter + text[at:],
        text[:at] + text[at + 1] + text[at] + text[at + 2 :],
    ))  # fmt: skip


def _other_mailbox(world: _World, record: Record) -> Record:
    domain = world.dice.choice([each for each in PROVIDERS if not record.email.endswith(each)])
    return replace(record, email=f"{record.email.partition('@')[0]}@{domain}") if record.email else record


def _moved(world: _World, record: Record) -> Record:
    return replace(record, **({"street": "", "postcode": ""} | world.place()))


def _wrong_birthday(world: _World, record: Record) -> Record:
    return replace(record, born=record.born + timedelta(days=world.dice.choice((1, -1, 10)))) if record.born else record


_TABLE: list[tuple[Noise, int]] = [
    (lambda world, r: replace(r, given=_typo(world, r.given)), 12),
    (lambda world, r: replace(r, family=_typo(world, r.family)), 12),
    (lambda _, r: replace(r, is_turned=True), 7),
    (lambda _, r: replace(r, given=_ascii(r.given), family=_ascii(r.family)), 14),
    (lambda _, r: replace(r, given=r.given.upper(), family=r.family.upper()), 5),
    (lambda _, r: replace(r, given=SHORT.get(r.given, r.given)), 7),
    (lambda _, r: replace(r, given=f"{r.given[0]}."), 4),
    (lambda world, r: replace(r, given=f"{r.given} {world.given()}"), 3),
    (lambda world, r: replace(r, family=f"{r.family} {world.family()}"), 3),
    (_other_mailbox, 16),
    (lambda world, r: replace(r, email=world.email(r.given, r.family)), 4),
    (lambda _, r: replace(r, email=""), 8),
    (lambda _, r: replace(r, phone=""), 6),
    (lambda world, r: replace(r, phone=world.phone()), 3),
    (lambda _, r: replace(r, street="", postcode=""), 6),
    (lambda _, r: replace(r, city="", street="", postcode=""), 5),
    (_moved, 3),
    (lambda _, r: replace(r, born=None), 8),
    (_wrong_birthday, 2),
    (lambda world, r: replace(r, family=world.family()), 1),
]
_NOISES, _OFTEN = [noise for noise, _often in _TABLE], [often for _noise, often in _TABLE]


def _weights(count: int, steepness: float) -> list[float]:
    """Running sums: the nth is n to the minus ``steepness`` as frequent as the first."""
    return list(accumulate(rank**-steepness for rank in range(1, count + 1)))


def _ascii(text: str) -> str:
    decomposed = normalize("NFD", text.replace("ł", "l").replace("Ł", "L"))
    return decomposed.encode("ascii", "ignore").decode()


def _plain(text: str) -> str:
    return _ascii(text).lower().replace(" ", "").replace(".", "")
