"""The entries of the rail. Each app registers its own in ``apps.py: ready()``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ecrm.tenancy.urls import plain_url

# Those of the design, then what stands in for one that is not there.
ON_PHONES = ("today", "contacts", "cases", "pipeline", "campaigns")
PHONE_SLOTS = 4
TODAY, CONTACTS, SEGMENTS, CAMPAIGNS, CASES, PIPELINE, ANALYTICS, CONSENT = range(10, 90, 10)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A number beside an entry. ``words`` say what is counted ("due today"), ``is_more`` that there are more."""

    value: int
    words: str | Promise
    is_hot: bool = False
    is_more: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A place in the rail, one of a kind. ``order`` is one of the constants above; ``capability`` None is for all.

    ``is_fixed`` places cannot be hidden. ``count`` runs on every page, so it must be one cheap query,
    or None for nothing to show.
    """

    key: str
    label: str | Promise
    icon: str
    url_name: str
    order: int
    capability: str | None = None
    count: Callable[[HttpRequest], Waiting | None] | None = None
    is_fixed: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """An entry as one request sees it."""

    entry: Entry
    url: str
    is_current: bool
    waiting: Waiting | None


# Outside every tenant, the rail holds a person's own pages.
ACCOUNT = (
    Entry("workspaces", _("Workspaces"), "building-2", "start", 10),
    Entry("preferences", _("Preferences"), "settings-2", "user_preferences", 20),
    Entry("emails", _("Email addresses"), "at-sign", "account_email", 30),
    Entry("password", _("Password"), "lock", "account_change_password", 40),
    Entry("two-step", _("Passkeys and second step"), "fingerprint", "mfa_index", 50),
    Entry("sessions", _("Signed-in devices"), "monitor", "account_sessions", 60),
)

_entries: dict[str, Entry] = {}


def register(entry: Entry) -> None:
    """Adds or replaces the entry of that key."""
    _entries[entry.key] = entry


def entries(may: Callable[[str], bool]) -> list[Entry]:
    """Those a person may see, in the order of the design."""
    allowed = (e for e in _entries.values() if e.capability is None or may(e.capability))
    return sorted(allowed, key=lambda entry: entry.order)


def hideable() -> list[Entry]:
    """Those a workspace may leave out of its rail."""
    return [entry for entry in entries(lambda _capability: True) if not entry.is_fixed]


def places(request: HttpRequest, may: Callable[[str], bool], hidden: Collection[str] = ()) -> list[Place]:
    """The rail of this request. The current place is the one with the longest matching path.

    Of the ``hidden`` keys only the place one is in is shown.
    """
    visible = entries(may)
    current = _current(request.path, [plain_url(entry.url_name) for entry in visible]) if hidden else None
    return _as_places(
        request,
        [e for e in visible if e.is_fixed or e.key not in hidden or plain_url(e.url_name) == current],
    )


def phone_places(shown: Sequence[Place]) -> list[Place]:
    """The four of the bottom bar: those of the design first, then the next ones of the rail."""
    by_key = {place.entry.key: place for place in shown}
    first = [by_key[key] for key in ON_PHONES if key in by_key]
    rest = [place for place in shown if place.entry.key not in ON_PHONES]
    chosen = [*first, *rest][:PHONE_SLOTS]
    return [place for place in shown if place in chosen]


def account_places(request: HttpRequest) -> list[Place]:
    return _as_places(request, ACCOUNT)


def _as_places(request: HttpRequest, visible: Iterable[Entry]) -> list[Place]:
    addressed = [(entry, plain_url(entry.url_name)) for entry in visible]
    current = _current(request.path, [url for _entry, url in addressed])
    return [
        Place(entry, url, url == current, entry.count(request) if entry.count else None) for entry, url in addressed
    ]


def _current(path: str, urls: list[str]) -> str | None:
    home = min(urls, key=len, default=None)
    matching = [url for url in urls if path == url or (url != home and path.startswith(url))]
    return max(matching, key=len, default=None)
