"""Keyboard shortcuts: one registry feeds the script, the sheet and the hints in menus."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Shortcut:
    """``keys`` are pressed one after the other ("g t") or held together ("Ctrl k").

    ``url_name`` opens a page (no arguments); ``control`` is the ``data-shortcut`` of the element
    to press or focus. ``scope`` is the heading on the sheet.
    """

    keys: str
    label: str | Promise
    scope: str | Promise
    url_name: str = ""
    control: str = ""
    capability: str | None = None

    @property
    def parts(self) -> list[str]:
        return self.keys.split()


EVERYWHERE, GO_TO, NEW, LISTS = _("Everywhere"), _("Go to"), _("New"), _("Lists")

_shortcuts: dict[tuple[str, str], Shortcut] = {}


def register(shortcut: Shortcut) -> None:
    """Adds the shortcut. The same keys may press controls of different pages: the one that is there.

    What opens a page does so everywhere: another use of its keys is a mistake of code (``ValueError``).
    """
    for (keys, control), former in _shortcuts.items():
        is_other = keys == shortcut.keys and (former.url_name, control) != (shortcut.url_name, shortcut.control)
        if is_other and (former.url_name or shortcut.url_name):
            raise ValueError(f"{shortcut.keys} is taken by {former.label}.")
    _shortcuts[shortcut.keys, shortcut.control] = shortcut


@dataclass(frozen=True, slots=True)
class Line:
    """A shortcut as one member sees it; ``href`` is empty for a control."""

    shortcut: Shortcut
    href: str


@dataclass(frozen=True, slots=True)
class Group:
    label: str | Promise
    lines: list[Line]


def shortcuts(may: Callable[[str], bool]) -> list[Shortcut]:
    return [s for s in _shortcuts.values() if s.capability is None or may(s.capability)]


def sheet(may: Callable[[str], bool]) -> list[Group]:
    """What a member may press, under its headings."""
    allowed = shortcuts(may)
    scopes = dict.fromkeys((EVERYWHERE, GO_TO, NEW, LISTS, *(s.scope for s in allowed)))
    groups = [Group(scope, [_line(s) for s in allowed if s.scope == scope]) for scope in scopes]
    return [group for group in groups if group.lines]


def _line(shortcut: Shortcut) -> Line:
    return Line(shortcut, reverse(shortcut.url_name) if shortcut.url_name else "")


register(Shortcut("Ctrl k", _("Search and commands"), EVERYWHERE, control="palette"))
register(Shortcut("/", _("Search this list, or everything"), EVERYWHERE, control="search"))
register(Shortcut("?", _("Show the keyboard shortcuts"), EVERYWHERE, control="shortcuts"))
register(Shortcut("g t", _("Today"), GO_TO, url_name="today"))
register(Shortcut("j", _("Next row"), LISTS, control="next-row"))
register(Shortcut("k", _("Previous row"), LISTS, control="previous-row"))
register(Shortcut("x", _("Tick the row"), LISTS, control="tick-row"))
register(Shortcut("e", _("Edit the row"), LISTS, control="edit-row"))
register(Shortcut("a", _("Act on the ticked rows"), LISTS, control="act"))
