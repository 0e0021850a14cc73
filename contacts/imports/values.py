"""Cells become values: each function takes a filled cell and raises ``ValidationError`` with words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
from babel import Locale
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from contacts import phones
from contacts.fields import Style
from contacts.identities import is_junk
from contacts.imports.folding import fold
from contacts.imports.quick_phones import quick_e164
from contacts.models.people import Stage
from ecrm.mail import addresses

LONGEST_TAG = 60
LONGEST_EXTERNAL_ID = 200
OLDEST_YEARS = 40

_SPACES = re.compile(r"\s+")
_UNWRITTEN = re.compile(r"[\x00-\x1f\x7f]+")
_NAMED_ADDRESS = re.compile(r"[^<>]*<([^<>]+)>\s*")
_PLAIN_LOCAL = re.compile(r"[a-z0-9_+-]{1,32}(?:\.[a-z0-9_+-]{1,32})?").fullmatch
_EMAIL_SHAPE = re.compile(r"[^\s@,;|]+@[^\s@,;|]+\.[^\s@,;|]+")
_ROUNDED = re.compile(r"\d[.,]\d+E\+\d+", re.IGNORECASE)
_NUMERIC_DATE = re.compile(r"(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_ABROAD = re.compile(r"[1-9][0-9]{9,14}").fullmatch
_CENTS = re.compile(r"[^\d,.]*\d[\d\s.,']*?([.,])\d{1,2}[^\d,.]*")
_TAG_MARKS = re.compile(r"\s*(?:[,;|]|:::)\s*")
_QUOTED_TAG = re.compile(r'\s*(?:"((?:[^"]|"")*)"|((?:(?!:::)[^,;|])*))\s*(?:[,;|]|:::|$)')

_STAGES = {
    Stage.VISITOR: ("visitor", "visitante", "odwiedzajacy", "visiteur"),
    Stage.LEAD: ("lead", "subscriber", "potencial", "prospeto", "potencjalny"),
    Stage.PROSPECT: ("prospect", "prospecto", "opportunity", "oportunidade", "oportunidad", "marketingqualifiedlead"),
    Stage.CUSTOMER: ("customer", "client", "cliente", "klient", "active", "ativo", "activo", "aktywny", "actif"),
    Stage.LAPSED: ("lapsed", "inactive", "inativo", "inactivo", "nieaktywny", "inactif", "former customer"),
}
_OTHER_COUNTRIES = {"uk": "GB", "england": "GB", "usa": "US", "u s a": "US", "holland": "NL", "polska": "PL"}


@dataclass(slots=True)
class Reader:
    """What a cell's meaning depends on beyond itself.

    ``country`` is where phone numbers without a country code belong (the row's country wins over
    the tenant's), ``day_first`` decides 3/4/2026, ``decimal`` 1.234 and 1,234, ``now`` is the run's, so that
    two passes agree.
    """

    country: str = ""
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    day_first: bool = True
    decimal: str = "."
    currency: str = ""
    now: datetime = field(default_factory=timezone.now)

    def style(self) -> Style:
        """The same for the tenant's own fields."""
        locale = Locale.parse("de" if self.decimal == "," else "en")
        return Style(locale=locale, zone=self.zone, currency=self.currency, day_first=self.day_first, by_number=False)


def words(limit: int) -> Callable[[str, Reader], str]:
    """A short text: one line, single blanks, at most ``limit`` letters."""

    def parse(cell: str, reader: Reader) -> str:
        text = _one_line(cell)
        if len(text) > limit:
            raise ValidationError(
                _("Too long: %(length)s letters, at most %(limit)s fit.") % {"length": len(text), "limit": limit}
            )
        return text

    return parse


def email(cell: str, reader: Reader) -> dict[str, str]:
    """``written`` as it came and ``norm`` to compare by."""
    named = _NAMED_ADDRESS.fullmatch(cell) if "<" in cell else None
    written = (named.group(1) if named else cell.removeprefix("mailto:")).strip()
    try:
        return {"written": written, "norm": _normal_address(written)}
    except addresses.AddressError as error:
        raise ValidationError(str(error)) from error


def looks_like_email(cell: str) -> bool:
    return _EMAIL_SHAPE.fullmatch(cell) is not None


def phone(cell: str, reader: Reader) -> dict[str, str]:
    """``written`` as it came and ``number`` in E.164."""
    if _ROUNDED.fullmatch(cell.strip()):
        raise ValidationError(_("A spreadsheet has rounded this number: its last digits are lost."))
    written = _one_line(cell)
    number = quick_e164(written, reader.country) or _dialled(written, reader.country)
    return {"written": written, "number": number}


def _dialled(written: str, country: str) -> str:
    """Several systems keep numbers with the country's code and without its plus."""
    try:
        return phones.e164(written, country=country)
    except ValidationError:
        if not _ABROAD(written) or not _is_number(f"+{written}"):
            raise
    return f"+{written}"


def _is_number(dialled: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(dialled))
    except phonenumbers.NumberParseException:
        return False


def phones_of(cell: str, reader: Reader) -> list[dict[str, str]]:
    """Some exports put several numbers into one cell."""
    return [phone(part, reader) for part in cell.split(":::") if part.strip()]


def tags(cell: str, reader: Reader) -> list[str]:
    text = _one_line(cell).removeprefix("* ")
    names = [name for name in (_quoted_tags(text) if '"' in text else _TAG_MARKS.split(text)) if name]
    for name in names:
        if len(name) > LONGEST_TAG:
            raise ValidationError(_("A tag has at most %(limit)s letters.") % {"limit": LONGEST_TAG})
    return names


def _quoted_tags(text: str) -> list[str]:
    """As ``flat_people.tags_text`` writes them: quotation marks hold a name together."""
    return [(quoted.replace('""', '"') or plain).strip() for quoted, plain in _QUOTED_TAG.findall(text)]


def stage(cell: str, reader: Reader) -> str:
    found = _stage_words().get(fold(cell))
    if found is None:
        raise ValidationError(_("“%(value)s” is not a stage.") % {"value": cell.strip()[:60]})
    return found


def language(cell: str, reader: Reader) -> str:
    """A language code: the whole one where the product speaks it, else its first part."""
    text = cell.strip().replace("_", "-").lower()
    if text in dict(settings.LANGUAGES):
        return text
    base = text.partition("-")[0]
    found = base if base in _language_words().values() else _language_words().get(fold(cell))
    if found is None:
        raise ValidationError(_("“%(value)s” is not a language.") % {"value": cell.strip()[:60]})
    return found


def country(cell: str, reader: Reader) -> str:
    """Two letters (ISO 3166) from a code or from a name in one of the product's languages."""
    found = _country_words().get(fold(cell))
    if found is None:
        raise ValidationError(_("“%(value)s” is not a country.") % {"value": cell.strip()[:60]})
    return found


def birthday(cell: str, reader: Reader) -> str:
    """ISO date."""
    found = _moment(cell, reader)
    if found is None or not 1900 <= found.year <= reader.now.year or found > reader.now:
        raise ValidationError(_("“%(value)s” is not a birthday.") % {"value": cell.strip()[:60]})
    return found.date().isoformat()


def instant(cell: str, reader: Reader) -> str:
    """ISO instant; one without a zone is the tenant's."""
    found = _moment(cell, reader)
    if found is None:
        raise ValidationError(_("“%(value)s” is not a date.") % {"value": cell.strip()[:60]})
    if found > reader.now:
        raise ValidationError(_("This date lies in the future."))
    if found < reader.now - timedelta(days=365 * OLDEST_YEARS):
        raise ValidationError(_("This date lies too far back."))
    return found.isoformat()


def day_comes_first(cells: list[str], *, default: bool) -> bool:
    """Judges 3/4/2026 by the file's other dates: a 13 or more says which part is the day."""
    for cell in cells:
        parts = _NUMERIC_DATE.match(cell.strip())
        if parts is None or len(parts.group(1)) > 2:
            continue
        if int(parts.group(1)) > 12:
            return True
        if int(parts.group(2)) > 12:
            return False
    return default


def looks_like_date(cell: str) -> bool:
    return _NUMERIC_DATE.fullmatch(cell.strip()) is not None


def decimal_mark(cells: Iterable[str]) -> str:
    """What stands before one or two last digits more often: a point or a comma."""
    found = Counter(match.group(1) for cell in cells if (match := _CENTS.fullmatch(cell.strip())))
    return "," if found[","] > found["."] else "."


def _moment(cell: str, reader: Reader) -> datetime | None:
    text = cell.strip()
    try:
        found = parse_datetime(text) or _numeric_date(text, reader)
    except ValueError:
        return None
    if found is not None and timezone.is_naive(found):
        found = found.replace(tzinfo=reader.zone)
    return found


def _numeric_date(text: str, reader: Reader) -> datetime | None:
    match = _NUMERIC_DATE.fullmatch(text)
    if match is None:
        return None
    first, second, third = (int(match.group(place)) for place in (1, 2, 3))
    hour, minute, second_ = (int(match.group(place) or 0) for place in (4, 5, 6))
    if len(match.group(1)) == 4:
        day = date(first, second, third)
    else:
        year = third + 2000 if third < 70 else third + 1900 if third < 100 else third
        day = date(year, second, first) if reader.day_first else date(year, first, second)
    return datetime(day.year, day.month, day.day, hour, minute, second_)  # noqa: DTZ001  the caller gives it its zone


def external_id(cell: str, reader: Reader) -> str:
    """How another system calls this person. Raises for what systems write when they mean nobody."""
    text = _one_line(cell)
    if len(text) > LONGEST_EXTERNAL_ID:
        raise ValidationError(_("This number is too long."))
    if is_junk(text):
        raise ValidationError(_("“%(value)s” names nobody.") % {"value": text[:60]})
    return text


def _one_line(cell: str) -> str:
    if cell.isprintable() and "  " not in cell:
        return cell.strip()
    return _SPACES.sub(" ", _UNWRITTEN.sub(" ", cell)).strip()


def _normal_address(written: str) -> str:
    """What ``addresses.validate`` answers; plain addresses only have their domain checked, once each."""
    lowered = written.lower()
    local, _at, domain = lowered.partition("@")
    if _PLAIN_LOCAL(local) and _is_plain_domain(domain):
        return lowered
    return addresses.validate(written)


@lru_cache(maxsize=50_000)
def _is_plain_domain(domain: str) -> bool:
    """Whether an address there is valid and already in its normal form."""
    try:
        return addresses.validate(f"a@{domain}") == f"a@{domain}"
    except addresses.AddressError:
        return False


@lru_cache(maxsize=1)
def _stage_words() -> dict[str, str]:
    return {fold(word): stage.value for stage, known in _STAGES.items() for word in (stage.value, *known)}


@lru_cache(maxsize=1)
def _language_words() -> dict[str, str]:
    return _names_of("languages", lambda code: code.isalpha() and len(code) in (2, 3))


@lru_cache(maxsize=1)
def _country_words() -> dict[str, str]:
    return {
        **_names_of("territories", lambda code: len(code) == 2 and code.isalpha() and code != "ZZ"),
        **_OTHER_COUNTRIES,
    }


def _names_of(kind: str, is_wanted: Callable[[str], bool]) -> dict[str, str]:
    """Codes by folded name in each language of the product, and by themselves."""
    known: dict[str, Any] = {}
    for spoken, _name in settings.LANGUAGES:
        entries = getattr(Locale.parse(spoken), kind)
        known |= {fold(name): code for code, name in entries.items() if is_wanted(code)}
        known |= {code.lower(): code for code in entries if is_wanted(code)}
    return known
