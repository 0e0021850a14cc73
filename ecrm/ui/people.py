"""How a person or an organisation looks when there is no picture."""

from __future__ import annotations

from zlib import crc32

# The first is the grey of the style sheet's default.
TINTS = ("", "b", "c", "d", "e")


def initials(name: str) -> str:
    """First letters of the first and the last word; empty for an empty name."""
    words = [word for word in name.replace("@", " ").split() if word[0].isalnum()]
    if not words:
        return ""
    letters = words[0][0] + (words[-1][0] if len(words) > 1 else "")
    return letters.upper()


def tint(name: str) -> str:
    """The same name has the same tint on every page and every machine."""
    return TINTS[crc32(name.casefold().encode()) % len(TINTS)]
