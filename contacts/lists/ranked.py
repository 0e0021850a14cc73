"""Pages of people in an order that a search made: some hundred at most, the closest first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.core import signing

from contacts.lists import orders
from contacts.models import Contact
from contacts.querysets import ContactQuerySet
from ecrm import prepared
from ecrm.tenancy.context import require_tenant_id
from ecrm.ui.pages import Page

SALT = "contacts.lists.ranked"


class Row(NamedTuple):
    """What a list reads its people by (``contacts.listing.Found``)."""

    id: int
    active_at: datetime
    last_active_at: datetime | None


_ROWS = f"SELECT id, active_at, last_active_at FROM {Contact.table()} WHERE tenant_id = %s AND id = ANY (%s)"


def kept_of(people: ContactQuerySet, ids: Sequence[int]) -> list[int]:
    """Those of ``ids`` who are among ``people``, in the order of ``ids``. One query."""
    kept = set(people.order_by().values_list("pk", flat=True))
    return [pk for pk in ids if pk in kept]


def page_of(ids: Sequence[int], cursor: str | None, *, size: int = orders.SIZE) -> Page[Any]:
    """A cursor names the person a page begins with. One query, for those of the page."""
    start = _start(ids, cursor)
    first = start or 0
    following = ids[first + size] if first + size < len(ids) else None
    previous = ids[max(first - size, 0)] if first else None
    return Page(
        _rows(ids[first : first + size]), _write(following), _write(previous), is_reset=bool(cursor) and start is None
    )


def _rows(ids: Sequence[int]) -> list[Row]:
    rows = {row[0]: Row(*row) for row in prepared.fetch_all(_ROWS, [require_tenant_id(), list(ids)])}
    return [rows[pk] for pk in ids if pk in rows]


def _start(ids: Sequence[int], cursor: str | None) -> int | None:
    try:
        wanted = signing.loads(cursor, salt=SALT) if cursor else None
    except signing.BadSignature:
        return None
    return ids.index(wanted) if wanted in ids else None


def _write(pk: int | None) -> str | None:
    return None if pk is None else signing.dumps(pk, salt=SALT)
