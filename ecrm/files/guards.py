"""What a download asks beside the file's capability: a room whose files show what one member sees says who else may."""

from __future__ import annotations

from collections.abc import Callable

from ecrm.files.models import File
from ecrm.tenancy.models import Membership

Guard = Callable[[File, Membership], bool]

_guards: list[Guard] = []


def register(guard: Guard) -> None:
    """``guard`` answers True for files that are not its room's."""
    _guards.append(guard)


def allow(file: File, membership: Membership) -> bool:
    return all(guard(file, membership) for guard in _guards)
