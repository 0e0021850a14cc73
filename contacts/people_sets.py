"""The people behind a figure: a dashboard counts them and the contact list shows them, by one rule.

Rooms register sets in their registrations; ``?only=<key>`` narrows the list. Whoever shows a figure
counts the same set, so that both agree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise

from contacts.querysets import ContactQuerySet
from ecrm.tenancy.models import Membership


@dataclass(frozen=True, slots=True)
class PeopleSet:
    """``label`` completes "Only people who …". ``capability`` is what a member needs to ask for it."""

    key: str
    label: str | Promise
    narrow: Callable[[ContactQuerySet], ContactQuerySet]
    capability: str


_sets: dict[str, PeopleSet] = {}


def register(people_set: PeopleSet) -> None:
    _sets[people_set.key] = people_set


def get(key: str) -> PeopleSet:
    """Raises ``KeyError``."""
    return _sets[key]


def allowed(membership: Membership) -> list[PeopleSet]:
    return [each for each in _sets.values() if membership.may(each.capability)]
