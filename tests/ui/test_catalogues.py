"""The catalogues hold exactly the strings of the code; Polish is whole; what Django reads is current."""

from __future__ import annotations

import re

import pytest
from django.utils import translation
from django.utils.translation import ngettext

from ecrm.ui import catalogues

# A text without its four translations turns this red.
COMPLETE = ("pl", "pt", "es", "fr")
NAMED = re.compile(r"%\((\w+)\)[sd]")


@pytest.fixture(scope="module")
def code() -> set[catalogues.Key]:
    return catalogues.keys(catalogues.extracted())


@pytest.mark.parametrize("language", COMPLETE)
def test_it_holds_the_strings_of_the_code(language: str, code: set[catalogues.Key]) -> None:
    """Run `python3 manage.py messages` after changing texts."""
    assert catalogues.keys(catalogues.read(language)) == code


@pytest.mark.parametrize("language", COMPLETE)
def test_it_is_whole(language: str) -> None:
    assert catalogues.missing(catalogues.read(language)) == []


@pytest.mark.parametrize("language", COMPLETE)
def test_what_is_read_is_what_is_written(language: str) -> None:
    path = catalogues.LOCALE / language / "LC_MESSAGES" / "django.mo"
    assert path.read_bytes() == catalogues.compiled(catalogues.read(language))


@pytest.mark.parametrize("language", COMPLETE)
def test_values_keep_their_places(language: str) -> None:
    """A translation that drops or renames a value would break the page that fills it in."""
    for message in catalogues.read(language):
        if message.id:
            ids = message.id if isinstance(message.id, (list, tuple)) else (message.id,)
            strings = message.string if isinstance(message.string, (list, tuple)) else (message.string,)
            wanted = {name for text in ids for name in NAMED.findall(text)}
            for text in strings:
                assert set(NAMED.findall(text)) <= wanted, (message.id, text)
            assert wanted <= {name for text in strings for name in NAMED.findall(text)}, message.id


@pytest.mark.parametrize(
    ("count", "words"),
    [(1, "1 osoba"), (2, "2 osoby"), (5, "5 osób"), (12, "12 osób"), (22, "22 osoby"), (25, "25 osób")],
)
def test_polish_counts_as_poles_do(count: int, words: str) -> None:
    with translation.override("pl"):
        assert ngettext("%(people)s person", "%(people)s people", count) % {"people": count} == words
