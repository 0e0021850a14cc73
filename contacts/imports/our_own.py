"""People of our own exports, known by their number here.

A number means somebody in one workspace only, so every row of an export says which one it is from. A
row of another workspace, or of one that is not told, is read as any other row.
"""

from __future__ import annotations

import string
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from contacts.imports.values import Reader
from ecrm.keys import keyed_hash
from ecrm.tenancy.models import Tenant

_LETTERS = 12  # of 26 each
_MOST_DIGITS = 18  # of what the database counts with


def mark(tenant: Tenant) -> str:
    """What this workspace is called in files: its address for people to read, and letters nobody else has.

    These stay when the address changes; other installations with the same keys have others, too.
    """
    digest = keyed_hash("workspace", f"{tenant.pk}/{tenant.created_at.isoformat()}".encode())
    own = "".join(string.ascii_lowercase[octet % 26] for octet in digest[:_LETTERS])
    return f"{tenant.slug}-{own}"


def letters(text: str) -> str:
    """What tells one workspace from another in its ``mark``."""
    return text.rpartition("-")[2]


def number(cell: str, reader: Reader) -> str:
    """Raises for what is no number of a person."""
    text = cell.strip()
    if not (text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS):
        raise ValidationError(_("“%(value)s” is not the number of a person here.") % {"value": text[:60]})
    return text.lstrip("0")


def workspace(cell: str, reader: Reader) -> str:
    return letters(cell.strip())[:_LETTERS]


def are_from(cells: Iterable[str], tenant: Tenant) -> bool:
    """Whether one of these cells names this workspace."""
    own = letters(mark(tenant))
    return any(letters(cell.strip()) == own for cell in cells)
