"""The mailbox's language: the reader's, from the product's own catalogues, without Django."""

from __future__ import annotations

import gettext
import re
from collections.abc import Callable
from pathlib import Path

LOCALE_DIR = Path(__file__).resolve().parents[2] / "locale"

Translate = Callable[[str], str]


def translator(accept_language: str) -> Translate:
    """Looks words up in the first language asked for that we have; English otherwise."""
    asked = re.findall(r"[a-z]{2}", accept_language.lower().replace("-", "_"))
    languages = [code for code in asked if code == "en" or (LOCALE_DIR / code).is_dir()]
    if not languages or languages[0] == "en":
        return str
    return gettext.translation("django", LOCALE_DIR, languages[:1], fallback=True).gettext
