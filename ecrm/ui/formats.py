"""How numbers, money and instants read to a person: the rules of the design, by locale.

Pure functions over the active language and time zone. Nothing here makes HTML except
``money_html``, which sets the cents quieter than the figure.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton
from babel.numbers import (
    format_compact_decimal,
    format_currency,
    format_decimal,
    format_percent,
    get_currency_precision,
    get_currency_symbol,
    get_decimal_symbol,
)
from django.utils import timezone
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext, to_locale

MINUS = "−"
YEAR_SHOWN_AFTER = timedelta(days=183)

# A bare language means its European form: day before month, 24 hours.
_REGIONS = {"en": "en_GB", "pt": "pt_PT"}
# CLDR groups European Portuguese with a space, our readers there expect a point.
_SPACED_THOUSANDS = re.compile(r"(?<=\d)\s(?=\d{3})")
_DAY_MONTH_YEAR = {"en", "pl", "pt", "es", "fr"}


def locale() -> Locale:
    """The reader's locale; British English when the language is unknown to CLDR."""
    return _locale(get_language() or "en")


@lru_cache(maxsize=64)
def _locale(language: str) -> Locale:
    """Kept, since a list of people asks for it hundreds of times."""
    name = to_locale(language)
    try:
        return Locale.parse(_REGIONS.get(name, name))
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en_GB")


def number(value: int | float | Decimal, *, places: int | None = None) -> str:
    """``places`` fixes the decimals; without it an integer has none, others up to three."""
    pattern = None if places is None else f"#,##{_zero(places)}"
    return _tidy(format_decimal(value, format=pattern, locale=locale()))


def percent(ratio: float | Decimal | None, *, places: int = 1) -> str:
    """0.08 gives "8.0%". None, for a base of nothing, says that there is no figure to give."""
    if ratio is None:
        return gettext("Not enough data")
    pattern = locale().percent_formats[None].pattern.replace("0", _zero(places), 1)
    return _tidy(format_percent(ratio, format=pattern, locale=locale()))


def share(part: int, whole: int) -> float | None:
    """A ratio that is None when there is nothing to divide by."""
    return part / whole if whole else None


def money(minor: int, currency: str, *, whole: bool = False) -> str:
    """``minor`` is in the currency's smallest unit (cents; yen have none).

    ``whole`` drops the cents, rounding half to even.
    """
    return _money(minor, currency, whole, get_language())


@lru_cache(maxsize=4096)
def _money(minor: int, currency: str, whole: bool, _language: str | None) -> str:
    precision = get_currency_precision(currency)
    amount = Decimal(minor).scaleb(-precision)
    if not whole:
        return _tidy(format_currency(amount, currency, locale=locale()))
    pattern = locale().currency_formats["standard"].pattern.replace("0.00", "0")
    text = format_currency(amount, currency, pattern, locale=locale(), currency_digits=False)
    return _tidy(text)


def money_html(minor: int, currency: str, *, whole: bool = False) -> SafeString:
    text = money(minor, currency, whole=whole)
    cents = re.search(re.escape(get_decimal_symbol(locale())) + r"\d+", text)
    if whole or cents is None:
        return conditional_escape(text)
    before, after = text[: cents.start()], text[cents.end() :]
    return format_html('{}<span class="dec">{}</span>{}', before, cents.group(), after)


def axis_money(minor: int, currency: str) -> str:
    """Shortened for an axis: "€24k". Never for a figure that somebody may act on."""
    amount = Decimal(minor).scaleb(-get_currency_precision(currency))
    short = axis_number(amount)
    symbol = get_currency_symbol(currency, locale=locale())
    is_suffixed = locale().currency_formats["standard"].pattern.endswith("¤")
    return f"{short} {symbol}" if is_suffixed else f"{symbol}{short}"


def axis_number(value: int | float | Decimal) -> str:
    return _tidy(format_compact_decimal(value, locale=locale(), fraction_digits=1)).lower()


def when(instant: datetime, *, now: datetime | None = None) -> str:
    """ "11 min ago" under a day, "Yesterday", then the date. Times ahead read as date and time."""
    now = now or timezone.now()
    ago = now - instant
    if ago < timedelta(0):
        return full(instant) if ago < timedelta(minutes=-1) else gettext("Just now")
    if ago < timedelta(minutes=1):
        return gettext("Just now")
    if ago < timedelta(hours=1):
        return _minutes_ago(int(ago.total_seconds() // 60), get_language())
    if ago < timedelta(days=1):
        return _hours_ago(int(ago.total_seconds() // 3600), get_language())
    if ago < timedelta(days=2) and _local(now).date() - _local(instant).date() == timedelta(days=1):
        return gettext("Yesterday")
    return day(instant, now=now)


def day(instant: datetime, *, now: datetime | None = None, year: bool | None = None) -> str:
    """ "4 Mar", with the year when it is more than six months off or ``year`` says so."""
    if year is None:
        year = abs((now or timezone.now()) - instant) > YEAR_SHOWN_AFTER
    return date_words(_local(instant).date(), year=year)


def date_words(day: date, *, year: bool) -> str:
    """A day of a calendar, with or without its year."""
    return _day(day, year, locale())


def clock(instant: datetime) -> str:
    return _local(instant).strftime("%H:%M")


def full(instant: datetime) -> str:
    """ "12 Mar 2026, 14:05" """
    return f"{day(instant, year=True)}, {clock(instant)}"


# Kept, since a list of people asks for the same few words and days again and again.
@lru_cache(maxsize=1024)
def _minutes_ago(count: int, language: str | None) -> str:
    return ngettext("%(count)s min ago", "%(count)s min ago", count) % {"count": count}


@lru_cache(maxsize=1024)
def _hours_ago(count: int, language: str | None) -> str:
    return ngettext("%(count)s h ago", "%(count)s h ago", count) % {"count": count}


@lru_cache(maxsize=4096)
def _day(day: date, year: bool, reader: Locale) -> str:
    if reader.language in _DAY_MONTH_YEAR:
        return format_date(day, "d MMM y" if year else "d MMM", locale=reader).replace(".", "")
    return format_skeleton("yMMMd" if year else "MMMd", datetime(day.year, day.month, day.day), locale=reader)  # noqa: DTZ001


def _local(instant: datetime) -> datetime:
    return timezone.localtime(instant)


def _zero(places: int) -> str:
    return f"0.{'0' * places}" if places else "0"


def _tidy(text: str) -> str:
    if locale().language == "pt":
        text = _SPACED_THOUSANDS.sub(".", text)
    return text.replace("-", MINUS)
