"""Numbers, money and instants in the five languages, as a reader sees them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone, translation

from ecrm.ui import formats, people

NOW = datetime(2026, 3, 12, 14, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _in_lisbon() -> Iterator[None]:
    with timezone.override("Europe/Lisbon"), translation.override("en"):
        yield


def plain(text: str) -> str:
    """Locales use several kinds of space that look the same."""
    return text.replace("\xa0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("language", "euros", "zloty", "thousands"),
    [
        ("en", "€2,418.60", "PLN2,418.60", "48,213"),
        ("pt", "2.418,60 €", "2.418,60 PLN", "48.213"),
        ("pl", "2 418,60 €", "2 418,60 zł", "48 213"),
        ("es", "2.418,60 €", "2.418,60 PLN", "48.213"),
        ("fr", "2 418,60 €", "2 418,60 PLN", "48 213"),
    ],
)
def test_money_stands_in_its_own_currency_and_the_readers_locale(
    language: str, euros: str, zloty: str, thousands: str
) -> None:
    with translation.override(language):
        assert plain(formats.money(241860, "EUR")) == euros
        assert plain(formats.money(241860, "PLN")) == zloty
        assert plain(formats.number(48213)) == thousands


def test_currencies_without_cents_have_none() -> None:
    assert formats.money(1500, "JPY") == "JP¥1,500"
    assert formats.money_html(1500, "JPY") == "JP¥1,500"


def test_cents_are_set_quieter_wherever_they_stand() -> None:
    assert formats.money_html(241860, "EUR") == '€2,418<span class="dec">.60</span>'
    with translation.override("pl"):
        assert plain(formats.money_html(241860, "PLN")) == '2 418<span class="dec">,60</span> zł'


def test_less_than_nothing_has_a_real_minus() -> None:
    assert formats.money(-500, "EUR") == "−€5.00"
    assert formats.number(-3) == "−3"


def test_whole_money_rounds_the_cents_away() -> None:
    assert formats.money(241860, "EUR", whole=True) == "€2,419"


def test_a_rate_has_one_decimal_and_nothing_gives_words() -> None:
    assert formats.percent(0.0804) == "8.0%"
    assert formats.percent(formats.share(3, 0)) == "Not enough data"
    with translation.override("fr"):
        assert plain(formats.percent(0.0804)) == "8,0 %"


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(seconds=20), "Just now"),
        (timedelta(minutes=11), "11 min ago"),
        (timedelta(hours=2, minutes=50), "2 h ago"),
        (timedelta(hours=30), "Yesterday"),
        (timedelta(days=8), "4 Mar"),
        (timedelta(days=300), "16 May 2025"),
        (timedelta(hours=-3), "12 Mar 2026, 17:05"),
    ],
)
def test_an_instant_reads_the_way_people_say_it(ago: timedelta, words: str) -> None:
    assert formats.when(NOW - ago, now=NOW) == words


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "12 Mar 2026, 14:05"),
        ("pt", "12 mar 2026, 14:05"),
        ("pl", "12 mar 2026, 14:05"),
        ("es", "12 mar 2026, 14:05"),
        ("fr", "12 mars 2026, 14:05"),
    ],
)
def test_the_exact_time_in_five_languages(language: str, words: str) -> None:
    with translation.override(language):
        assert formats.full(NOW) == words


def test_the_readers_time_zone_decides_the_day() -> None:
    late = datetime(2026, 3, 11, 23, 30, tzinfo=UTC)
    with timezone.override("Europe/Warsaw"):
        assert formats.full(late) == "12 Mar 2026, 00:30"


def test_a_name_has_the_same_tint_everywhere_and_its_own_initials() -> None:
    assert people.initials("Inês Carvalhal Prata") == "IP"
    assert people.initials("João") == "J"
    assert people.initials("  ") == ""
    assert people.tint("Inês Prata") == people.tint("INÊS PRATA")
    assert {people.tint(f"Person {i}") for i in range(50)} == set(people.TINTS)
