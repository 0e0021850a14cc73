"""What the palette can start: new contact, new campaign. Each room registers its own."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise

from ecrm.tenancy.models import Membership


@dataclass(frozen=True, slots=True)
class Action:
    """``url_name`` needs no arguments. ``keywords``: other words people type for it."""

    key: str
    label: str | Promise
    icon: str
    url_name: str
    capability: str | None = None
    keywords: str | Promise = ""


_actions: dict[str, Action] = {}


def register(action: Action) -> None:
    """Adds or replaces the action of that key."""
    _actions[action.key] = action


def actions(membership: Membership) -> list[Action]:
    return [a for a in _actions.values() if a.capability is None or membership.may(a.capability)]
