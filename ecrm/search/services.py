"""One question, asked of records, pages and actions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from ecrm.search import actions, matching, recents
from ecrm.search.sources import Found, sources
from ecrm.tenancy.models import Membership
from ecrm.ui import nav, settings_pages

PER_GROUP = 5
LONGEST = 100


@dataclass(frozen=True, slots=True)
class Group:
    """Found things of one kind under their heading."""

    label: str | Promise
    found: list[Found]


def answer(membership: Membership, text: str, *, per_group: int = PER_GROUP) -> list[Group]:
    """Groups that hold something. Without a text: what was opened last, then what can be started."""
    text = " ".join(text.split())[:LONGEST]
    if not text:
        groups = [Group(_("Opened last"), recents.recall(membership)), Group(_("Start"), _startable(membership))]
    else:
        groups = [
            *(Group(source.label, source.find(membership, text, per_group)) for source in sources(membership)),
            Group(_("Pages"), _closest(text, _pages(membership), per_group)),
            Group(_("Start"), _closest(text, _actions(membership), per_group)),
        ]
    return [group for group in groups if group.found]


# What something is found by, and how it is made once it is: most of what is offered is not shown.
Offered = tuple[str, Callable[[], Found]]


def _closest(text: str, offered: Iterable[Offered], limit: int) -> list[Found]:
    return [make() for make in matching.best(text, offered, limit=limit)]


def _startable(membership: Membership) -> list[Found]:
    return [make() for _words, make in _actions(membership)]


def _actions(membership: Membership) -> Iterable[Offered]:
    for action in actions.actions(membership):
        yield f"{action.label} {action.keywords}", partial(_started, action)


def _started(action: actions.Action) -> Found:
    return Found(str(action.label), "", reverse(action.url_name), action.icon)


def _pages(membership: Membership) -> Iterable[Offered]:
    for entry in nav.entries(membership.may):
        yield str(entry.label), partial(_place, entry)
    for page in settings_pages.pages(membership.may):
        yield f"{page.label} {page.keywords} {_('Settings')}", partial(_settings, page)


def _place(entry: nav.Entry) -> Found:
    return Found(str(entry.label), "", reverse(entry.url_name), entry.icon)


def _settings(page: settings_pages.SettingsPage) -> Found:
    return Found(str(page.label), _("Settings"), settings_pages.page_url(page), page.icon)
