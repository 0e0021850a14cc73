"""The mailbox's language: the reader's, from the product's own catalogues, without Django."""

from __future__ import annotations

import gettext
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

LOCALE_DIR = Path(__file__).resolve().parents[2] / "locale"


@dataclass(frozen=True, slots=True)
class Words:
    """Looks words up: `words("Mailbox")`. `language` is a code for the page's `lang`."""

    language: str
    look_up: Callable[[str], str]

    def __call__(self, message: str) -> str:
        return self.look_up(message)


def words_for(accept_language: str) -> Words:
    """In the first language asked for that we have; English otherwise."""
    asked = re.findall(r"(?:^|,)\s*([a-z]{2})", accept_language.lower())
    languages = [code for code in asked if code == "en" or (LOCALE_DIR / code).is_dir()]
    if not languages or languages[0] == "en":
        return Words("en", str)
    catalogue = gettext.translation("django", LOCALE_DIR, languages[:1], fallback=True)
    return Words(languages[0], catalogue.gettext)
