"""Finding people by any part of their name, addresses, phone or company.

The work is done by functions of the database (contacts/sql/search.sql, alike.sql), since row security would
cost every text operator its index.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from ecrm.tenancy.models import Membership
from ecrm.tenancy.teams import visible_owner_ids

CAP = 200
MOST = 100_000
ALIKE = 50


def contact_ids(term: str, *, membership: Membership | None = None, at_most: int = CAP) -> list[int]:
    """Ids of unbinned people who hold every word of ``term``, newest first, at most ``at_most``.

    Case and accents do not matter, nor how a phone number is written. An empty term finds nobody.
    """
    return _asked("contact_ids", term, membership, at_most)


def best_ids(term: str, *, membership: Membership | None = None, at_most: int = CAP) -> list[int]:
    """The same people, the closest first, at most ``CAP``: whose name it is, whose name begins with it, and so on."""
    return _asked("best_ids", term, membership, at_most)


def among(term: str, contact_ids: Sequence[int]) -> list[int]:
    """Those of these people who hold every word of ``term``."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT search.contact_ids_among(%s, %s::bigint[])", [term, list(contact_ids)])
        return [row[0] for row in cursor.fetchall()]


def alike_ids(term: str, *, membership: Membership | None = None, at_most: int = ALIKE) -> list[int]:
    """People written like ``term``, the most alike first: by their name, address or company.

    A letter wrong, left out, doubled or turned with the next; two words written as one. A change counts
    from a moment later, when its keys are made.
    """
    return _asked("alike_ids", term, membership, at_most)


def alike_company_ids(term: str, *, membership: Membership | None = None, at_most: int = ALIKE) -> list[int]:
    """Companies whose name, domain or town is written like ``term``, the most alike first."""
    return _asked("alike_company_ids", term, membership, at_most)


def _asked(function: str, term: str, membership: Membership | None, at_most: int) -> list[int]:
    owner_ids = visible_owner_ids(membership) if membership is not None else None
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT search.{function}(%s, %s, %s::bigint[])", [term, at_most, owner_ids])
        return [row[0] for row in cursor.fetchall()]
