"""The pages of the settings. Each app registers its own in ``apps.py: ready()``.

A page of the settings extends ``settings/base.html``, which brings the list at its side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby

from django.db import models
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ecrm.tenancy.urls import platform_url


class Group(models.TextChoices):
    """In the order of the page."""

    WORKSPACE = "workspace", _("Workspace")
    PEOPLE = "people", _("People")
    CHANNELS = "channels", _("Channels")
    DATA = "data", _("Data and privacy")
    DEVELOPERS = "developers", _("Developers")
    YOU = "you", _("You")


@dataclass(frozen=True, slots=True)
class SettingsPage:
    """``note`` is one sentence; ``keywords`` are words people search for that neither it nor
    ``label`` says. ``capability`` None is for every member. ``is_personal`` pages belong to the
    person, outside every tenant.
    """

    key: str
    label: str | Promise
    note: str | Promise
    icon: str
    url_name: str
    order: int
    capability: str | None = None
    group: str = Group.WORKSPACE
    keywords: str | Promise = ""
    is_personal: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A page as one request sees it."""

    page: SettingsPage
    url: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Section:
    label: str | Promise
    places: list[Place]


@dataclass(frozen=True, slots=True)
class Navigation:
    """The list beside a page. ``is_below`` tells a page that belongs to a registered one."""

    sections: list[Section]
    current: Place | None
    is_below: bool

    @classmethod
    def of(cls, request: HttpRequest) -> Navigation:
        membership = getattr(request, "membership", None)
        found = sections(request, membership.may) if membership else []
        current = next((place for section in found for place in section.places if place.is_current), None)
        return cls(found, current, current is not None and current.url != request.path)


_pages: dict[str, SettingsPage] = {}
_GROUPS = list(Group)


def register(page: SettingsPage) -> None:
    """Adds or replaces the page of that key."""
    _pages[page.key] = page


def pages(may: Callable[[str], bool]) -> list[SettingsPage]:
    """Those a person may open, in the order of the page. The palette reads this too."""
    allowed = (page for page in _pages.values() if page.capability is None or may(page.capability))
    return sorted(allowed, key=lambda page: (_GROUPS.index(Group(page.group)), page.order, page.key))


def page_url(page: SettingsPage) -> str:
    return platform_url(page.url_name) if page.is_personal else reverse(page.url_name)


def sections(request: HttpRequest, may: Callable[[str], bool], *, sought: str = "") -> list[Section]:
    """The pages by group; with ``sought`` only those that say every one of its words."""
    found = [page for page in pages(may) if _says(page, sought)]
    places = _as_places(request, found)
    return [
        Section(Group(group).label, list(members)) for group, members in groupby(places, lambda place: place.page.group)
    ]


def _says(page: SettingsPage, sought: str) -> bool:
    text = f"{page.label} {page.note} {page.keywords} {Group(page.group).label}".casefold()
    return all(word in text for word in sought.casefold().split())


def _as_places(request: HttpRequest, found: list[SettingsPage]) -> Iterator[Place]:
    addressed = [(page, page_url(page)) for page in found]
    matching = [url for _page, url in addressed if request.path.startswith(url)]
    current = max(matching, key=len, default=None)
    return (Place(page, url, url == current) for page, url in addressed)
