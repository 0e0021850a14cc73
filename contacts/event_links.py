"""Addresses of the things that events name, made for a page of them: thirty in no time."""

from __future__ import annotations

from functools import lru_cache

from django.urls import get_script_prefix, reverse


def numbered(page: str, number: int | None = None) -> str:
    """The tenant's page of this name: without a number, or with the one number that its address holds."""
    before, after = _around(page, get_script_prefix(), number is not None)
    return before if number is None else f"{before}{number:d}{after}"


@lru_cache(maxsize=4096)
def _around(page: str, tenant: str, is_numbered: bool) -> tuple[str, str]:
    """What stands before and after the number."""
    if not is_numbered:
        return reverse(page), ""
    before, _zero, after = reverse(page, args=[0]).rpartition("0")
    return before, after
