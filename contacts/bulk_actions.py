"""What can be done with the people ticked in the list. Each room registers its own acts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise

from ecrm.tenancy.models import Membership
from ecrm.tenancy.requests import MemberRequest


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the toast says, and the path that a POST takes it back with."""

    text: str
    undo: str = ""


@dataclass(frozen=True, slots=True)
class BulkAction:
    """``run(request, contact_ids)`` acts set-based on people the member may see.

    ``field`` names a text field the act asks for ("Tag"), None for none. It is read from
    ``request.POST[key]``. ``is_grave`` acts are set apart. Raise ``ValidationError`` for what the person must correct.
    """

    key: str
    label: str | Promise
    icon: str
    capability: str
    run: Callable[[MemberRequest, Sequence[int]], Outcome]
    order: int = 50
    field: str | Promise | None = None
    is_grave: bool = False


_actions: dict[str, BulkAction] = {}


def register(action: BulkAction) -> None:
    _actions[action.key] = action


def allowed(membership: Membership) -> list[BulkAction]:
    actions = (action for action in _actions.values() if membership.may(action.capability))
    return sorted(actions, key=lambda action: (action.order, action.key))


def find(key: str, membership: Membership) -> BulkAction | None:
    """None for an unknown act, and for one this member may not do."""
    action = _actions.get(key)
    return action if action and membership.may(action.capability) else None
