"""How somebody gets into a tenant, and what may hold them up. Rooms above tenancy register here.

The middleware asks in this order: the key door of the path's first part (``api/`` takes tokens, not
sessions), else the session's own membership, else the other doors (a support visit). Once inside
the tenant's transaction it asks every gate (second factor, deletion hold, looking as another role).
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from ecrm.tenancy.models import Membership

Door = Callable[[HttpRequest, str], Membership | None]
KeyDoor = Callable[[HttpRequest, str], Membership | HttpResponse]
Gate = Callable[[HttpRequest, Membership], HttpResponse | None]

_doors: list[Door] = []
_key_doors: dict[str, KeyDoor] = {}
_gates: list[tuple[int, Gate]] = []


def register_door(door: Door) -> None:
    """``door(request, slug)`` answers a membership, which need not be stored, or None to decline."""
    _doors.append(door)


def register_key_door(part: str, door: KeyDoor) -> None:
    """``door(request, slug)`` decides alone for paths ``/<slug>/<part>/…``, signed in or not.

    It answers with a membership or with the response that refuses.
    """
    _key_doors[part] = door


def register_gate(gate: Gate, *, order: int = 50) -> None:
    """``gate(request, membership)`` answers None to let pass, or the response to give instead.

    It runs inside the tenant's transaction, path and script prefix already the tenant's, and may
    change ``request.membership``.
    """
    _gates.append((order, gate))
    _gates.sort(key=lambda entry: entry[0])


def key_door(part: str) -> KeyDoor | None:
    return _key_doors.get(part)


def open_other_door(request: HttpRequest, slug: str) -> Membership | None:
    """The first door that opens for a signed-in user without a membership of their own."""
    return next((found for door in _doors if (found := door(request, slug)) is not None), None)


def held_up(request: HttpRequest, membership: Membership) -> HttpResponse | None:
    """The first gate's answer that is one, else None."""
    return next((answer for _order, gate in _gates if (answer := gate(request, membership)) is not None), None)
