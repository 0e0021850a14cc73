"""What a check says: how serious, in words, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    GOOD = 0
    WARN = 1
    BAD = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """``advice`` says what to do; empty where nothing is to be done."""

    level: Level
    words: str
    advice: str = ""


Check = Callable[[], Iterable[Finding]]


def good(words: str) -> Finding:
    return Finding(Level.GOOD, words)


def warn(words: str, advice: str = "") -> Finding:
    return Finding(Level.WARN, words, advice)


def bad(words: str, advice: str = "") -> Finding:
    return Finding(Level.BAD, words, advice)
