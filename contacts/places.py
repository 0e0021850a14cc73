"""Countries and languages by the names the reader's language gives them."""

from __future__ import annotations

from functools import lru_cache

from babel import Locale
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from ecrm.ui.formats import locale


def countries() -> list[tuple[str, str]]:
    """(ISO 3166 code, name), by name."""
    return _countries(str(locale()))


def country_name(code: str) -> str:
    """The code itself when nobody knows it."""
    return str(locale().territories.get(code.upper(), code))


def known_country(code: str) -> str:
    """In capitals. Raises ``ValidationError`` for a code nobody knows; none is fine."""
    if code and code.upper() not in dict(countries()):
        raise ValidationError(gettext("“%(code)s” is not in the list."), params={"code": code})
    return code.upper()


def languages() -> list[tuple[str, str]]:
    """(ISO 639 code, name) of the languages a person may want to be written to in, by name."""
    return _languages(str(locale()))


def language_name(code: str) -> str:
    name = str(locale().languages.get(code, code))
    return name[:1].upper() + name[1:]


@lru_cache(maxsize=16)
def _countries(name: str) -> list[tuple[str, str]]:
    territories = Locale.parse(name).territories
    known = {code: label for code, label in territories.items() if len(code) == 2 and code.isalpha()}
    for unreal in ("EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"):
        known.pop(unreal, None)
    return sorted(known.items(), key=lambda pair: pair[1])


@lru_cache(maxsize=16)
def _languages(name: str) -> list[tuple[str, str]]:
    known = Locale.parse(name).languages
    two_letters = {code: label[:1].upper() + label[1:] for code, label in known.items() if len(code) == 2}
    return sorted(two_letters.items(), key=lambda pair: pair[1])
