"""The kinds of notice. Each room registers its own in its registrations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from django.utils.functional import Promise

if TYPE_CHECKING:
    from ecrm.notices.models import Notification

Mail = Literal["never", "digest", "now"]


def _no_note(notice: Notification) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class NoticeKind:
    """Why a member is told something.

    ``sentence`` makes the line of one notice in the active language, ``note`` the quieter one
    below it. ``mail`` is the choice of members who made none. ``is_answer`` puts it among the
    replies and mentions of Today. ``is_counting``: the sentence itself says how many times.
    """

    name: str
    label: str | Promise
    icon: str
    sentence: Callable[[Notification], str]
    mail: Mail = "digest"
    note: Callable[[Notification], str] = _no_note
    capability: str | None = None
    is_answer: bool = False
    is_counting: bool = False


_kinds: dict[str, NoticeKind] = {}


def register(kind: NoticeKind) -> None:
    """Adds or replaces the kind of that name."""
    _kinds[kind.name] = kind


def of(name: str) -> NoticeKind | None:
    """None when the room that made the notice is gone."""
    return _kinds.get(name)


def kinds() -> list[NoticeKind]:
    """In the order of registration: kernel first."""
    return list(_kinds.values())


def answer_names() -> list[str]:
    return [kind.name for kind in _kinds.values() if kind.is_answer]
