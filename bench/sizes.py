"""Sizes as people write them: 500, 10k, 1M."""

from __future__ import annotations

import re

_UNITS = {"": 1, "k": 1_000, "m": 1_000_000}


def count_of(size: str) -> int:
    """Raises ``ValueError`` for what is no size."""
    found = re.fullmatch(r"(\d+)([km]?)", size.strip().lower())
    if found is None or int(found[1]) == 0:
        raise ValueError(f"{size!r} is no size; write it as 500, 10k or 1M.")
    return int(found[1]) * _UNITS[found[2]]


def name_of(count: int) -> str:
    for unit, factor in (("m", 1_000_000), ("k", 1_000)):
        if count % factor == 0:
            return f"{count // factor}{unit}"
    return str(count)
