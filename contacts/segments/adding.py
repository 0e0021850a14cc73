"""The field "Add a condition": what somebody typed into it, and what that may mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import QueryDict

from contacts.criteria import Criterion
from contacts.segments import edits

LONGEST = 120
_PRESSED = "find:"


def is_asked(sent: QueryDict) -> bool:
    """Enter in the field means that, not to save."""
    return bool(_text(sent))


def matches(sent: QueryDict, offered: Sequence[Criterion]) -> list[Criterion]:
    """After its button, or when it was left with something in it."""
    return edits.found(_text(sent), offered) if _is_meant(sent) else []


def edit(sent: QueryDict, found: Sequence[Criterion]) -> str:
    """What the form wants done: a single match is used at once."""
    return f"use:{found[0].key}" if len(found) == 1 else sent.get("do", "")


def context(sent: QueryDict, offered: Sequence[Criterion], found: Sequence[Criterion] = ()) -> dict[str, Any]:
    """What the field offers, and what to choose from where several conditions match."""
    text = _text(sent)
    has_failed = bool(text) and _is_meant(sent) and not edits.found(text, offered)
    several = found if len(found) != 1 else ()
    return {
        "criteria": offered,
        "matches": several,
        "find_text": text if several else "",
        "find_failed": text if has_failed else "",
    }


def _text(sent: QueryDict) -> str:
    return sent.get("find", "").strip()[:LONGEST]


def _is_meant(sent: QueryDict) -> bool:
    return sent.get("do", _PRESSED) == _PRESSED
