"""What can be done with many people of the list at once. Each room registers its own acts.

An act runs over chunks of some thousand people (``contacts.bulk``), in the page that asked where they
are few and as a job where they are many. It is set-based and says whom it changed, so that it can be
taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise

from contacts.models import BulkRun
from ecrm.tenancy.models import Membership, User
from ecrm.tenancy.requests import MemberRequest

SOURCE = "bulk"  # ContactChange.source_type; its source_id is the run


class ActForm(forms.Form):
    """What an act asks for. ``arguments`` is kept with the run as JSON."""

    def __init__(self, membership: Membership, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.membership = membership

    @classmethod
    def is_sent(cls, sent: QueryDict) -> bool:
        """Whether somebody pressed the button, and not a control that only draws the form anew."""
        return "sure" in sent

    @classmethod
    def begun(cls, membership: Membership, sent: QueryDict) -> ActForm:
        """As it is drawn before it is sent."""
        return cls(membership)

    def arguments(self) -> dict[str, Any]:
        return dict(self.cleaned_data)

    def says(self) -> str:
        """What was chosen, for the title of the run."""
        return ""


@dataclass(frozen=True, slots=True)
class Doing:
    """One chunk of a run at work, or its undo. Both halves of a chunk's transaction see the same ``at``."""

    run: BulkRun
    by: User | None
    at: datetime

    @property
    def arguments(self) -> Mapping[str, Any]:
        arguments: Mapping[str, Any] = self.run.arguments
        return arguments


Act = Callable[[Doing, Sequence[int]], Sequence[int]]


@dataclass(frozen=True, slots=True)
class BulkAction:
    """``act(doing, contact_ids)`` answers whom it changed; ``undo(doing, those)`` who is as before again.

    ``doing.at`` of an undo is the instant of the act. An undo leaves alone whom somebody changed since.
    Without ``form`` nothing is asked. ``short_field`` names a field of the form that the bar below the
    list asks for itself. ``opens`` leads elsewhere instead, with the query string of the list, ids of
    ticked people as ``contact`` (an export). ``is_usual`` acts stand in the bar itself, the others in
    its menu; ``is_grave`` ones are set apart.
    """

    key: str
    label: str | Promise
    icon: str
    capability: str
    act: Act | None = None
    undo: Act | None = None
    form: type[ActForm] | None = None
    short_field: str = ""
    opens: Callable[[MemberRequest, str], str] | None = None
    order: int = 50
    is_usual: bool = False
    is_grave: bool = False

    @property
    def can_undo(self) -> bool:
        return self.undo is not None

    @property
    def short_label(self) -> Any:
        assert self.form is not None
        return self.form.base_fields[self.short_field].label


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


def get(key: str) -> BulkAction | None:
    return _actions.get(key)
