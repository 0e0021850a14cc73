"""Finding a name among few by what somebody typed: any order of words, accents and a slip forgiven."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import TypeVar

Row = TypeVar("Row")

# A word of four letters may have one wrong, a word of eight two.
_ALIKE = 0.75
_SHORTEST_FORGIVEN = 4


def best(text: str, named: Iterable[tuple[str, Row]], *, limit: int) -> list[Row]:
    """Rows whose name answers every word of ``text``, closest first. For hundreds, not thousands."""
    words = fold(text).split()
    scored = ((_score(words, fold(name)), name, row) for name, row in named)
    found = sorted(((score, name, row) for score, name, row in scored if score), key=lambda hit: (-hit[0], hit[1]))
    return [row for _score, _name, row in found[:limit]]


def fold(text: str) -> str:
    """Lower case without accents."""
    if text.isascii():
        return text.casefold()
    apart = unicodedata.normalize("NFKD", text.casefold().replace("ł", "l"))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def _score(words: list[str], name: str) -> float:
    """0 when a word has no answer; 1 for each start of a word, less for inside and for slips."""
    if not words:
        return 0
    parts = name.split()
    scores = [_word_score(word, name, parts) for word in words]
    return sum(scores) if all(scores) else 0


def _word_score(word: str, name: str, parts: list[str]) -> float:
    if any(part.startswith(word) for part in parts):
        return 1
    if word in name:
        return 0.8
    if len(word) < _SHORTEST_FORGIVEN:
        return 0
    alike = max((_likeness(word, part[: len(word) + 1]) for part in parts), default=0)
    return 0.6 * alike if alike >= _ALIKE else 0


def _likeness(word: str, part: str) -> float:
    """0 for what cannot be alike enough, which is nearly everything and costs little to see."""
    needed = _ALIKE * (len(word) + len(part)) / 2  # letters in common
    if len({*part} - {*word}) > len(part) - needed or len({*word} - {*part}) > len(word) - needed:
        return 0
    return SequenceMatcher(None, word, part).ratio()
