"""One question, asked of records, pages and actions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

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
            Group(_("Pages"), matching.best(text, _pages(membership), limit=per_group)),
            Group(_("Start"), matching.best(text, _actions(membership), limit=per_group)),
        ]
    return [group for group in groups if group.found]


def _startable(membership: Membership) -> list[Found]:
    return [found for _words, found in _actions(membership)]


def _actions(membership: Membership) -> Iterable[tuple[str, Found]]:
    for action in actions.actions(membership):
        found = Found(str(action.label), "", reverse(action.url_name), action.icon)
        yield f"{action.label} {action.keywords}", found


def _pages(membership: Membership) -> Iterable[tuple[str, Found]]:
    for entry in nav.entries(membership.may):
        yield str(entry.label), Found(str(entry.label), "", reverse(entry.url_name), entry.icon)
    for page in settings_pages.pages(membership.may):
        found = Found(str(page.label), _("Settings"), settings_pages.page_url(page), page.icon)
        yield f"{page.label} {page.keywords} {_('Settings')}", found
