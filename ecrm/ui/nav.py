"""The entries of the rail. Each app registers its own in ``apps.py: ready()``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise

TODAY, CONTACTS, SEGMENTS, CAMPAIGNS, CASES, PIPELINE, ANALYTICS, CONSENT = range(10, 90, 10)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A number beside an entry. ``words`` say what is counted ("due today")."""

    value: int
    words: str | Promise
    is_hot: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A place in the rail. ``order`` is one of the constants above; ``capability`` None is for all.

    ``count`` runs on every page, so it must be one cheap query, or None for nothing to show.
    """

    key: str
    label: str | Promise
    icon: str
    url_name: str
    order: int
    capability: str | None = None
    count: Callable[[HttpRequest], Waiting | None] | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """An entry as one request sees it."""

    entry: Entry
    url: str
    is_current: bool
    waiting: Waiting | None


_entries: dict[str, Entry] = {}


def register(entry: Entry) -> None:
    """Adds or replaces the entry of that key."""
    _entries[entry.key] = entry


def entries(may: Callable[[str], bool]) -> list[Entry]:
    """Those a person may see, in the order of the design."""
    allowed = (e for e in _entries.values() if e.capability is None or may(e.capability))
    return sorted(allowed, key=lambda entry: entry.order)


def places(request: HttpRequest, may: Callable[[str], bool]) -> list[Place]:
    """The rail of this request. The current place is the one with the longest matching path."""
    visible = [(entry, reverse(entry.url_name)) for entry in entries(may)]
    current = _current(request.path, (url for _, url in visible))
    return [
        Place(entry, url, url == current, entry.count(request) if entry.count else None)
        for entry, url in visible
    ]


def _current(path: str, urls: Iterable[str]) -> str | None:
    home = min(urls := list(urls), key=len, default=None)
    matching = [url for url in urls if path == url or (url != home and path.startswith(url))]
    return max(matching, key=len, default=None)
