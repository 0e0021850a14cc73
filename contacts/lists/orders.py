"""Orders of the list that an index answers, at any depth.

An order by a value many people share (stage, owner, company, country) goes through its values one
after the other, within each the latest activity first: pages are read branch by branch, since one
comparison of rows cannot go up by one key and down by another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.db.models import Q

from contacts import fields
from contacts.models import CustomField
from contacts.querysets import ContactQuerySet
from ecrm.tenancy.models import Membership
from ecrm.ui.pages import Page

PLAIN = {
    "name": ("sort_key", "id"),
    "created": ("created_at", "id"),
    "active": ("active_at", "id"),
    "changed": ("updated_at", "id"),
}
# The column, and what it holds where there is nothing: those come last.
SHARED: dict[str, tuple[str, Any]] = {
    "stage": ("stage", None),
    "owner": ("owner_id", None),
    "company": ("company_id", None),
    "country": ("country", ""),
}
# Kinds of custom fields whose values are kept in order by an index.
SORTABLE = {
    CustomField.Kind.TEXT: "text_norm",
    CustomField.Kind.LINK: "text_norm",
    CustomField.Kind.NUMBER: "number_value",
    CustomField.Kind.DATE: "date_value",
    CustomField.Kind.DATETIME: "at_value",
}
FIELDS = ("id", "active_at", "last_active_at")
SIZE = 50
SALT = "contacts.lists.orders"


@dataclass(frozen=True, slots=True)
class Row:
    """A person found: what ``listing.rows`` wants. ``value`` is the shared value of theirs."""

    id: int
    active_at: Any
    last_active_at: Any
    value: Any = None


def sortable_field(key: str, membership: Membership) -> CustomField | None:
    """The custom field behind ``f:<key>``, if this member sees it and an index keeps it in order."""
    if not key.startswith("f:"):
        return None
    field = fields.by_key("contact", membership).get(key.removeprefix("f:"))
    return field if field is not None and field.kind in SORTABLE else None


def by_shared(people: ContactQuerySet, name: str, *, cursor: str | None, size: int = SIZE) -> Page[Any]:
    """A page ordered by a shared value, then by the latest activity. One to three queries."""
    column, nothing = SHARED[name]
    place = _read(cursor, name)
    branches = _Branches(people, column, nothing, size + 1)
    if place is None:
        rows = branches.after(None)
        return _page(rows, name, size, is_first=True, is_reset=bool(cursor))
    if place.goes_back:
        rows = branches.before(place)
        if len(rows) <= size:
            return _page(branches.after(None), name, size, is_first=True)
        rows = rows[:size][::-1]
        return Page(rows, _write(rows[-1], name, goes_back=False), _write(rows[0], name, goes_back=True))
    return _page(branches.after(place), name, size, is_first=False)


def beside(people: ContactQuerySet, name: str, person: Any) -> tuple[int | None, int | None]:
    """Who stands before and after a person in such an order. Two to six queries."""
    column, nothing = SHARED[name]
    branches = _Branches(people, column, nothing, 1)
    place = _Place(False, getattr(person, column), person.active_at, person.pk)
    return tuple(rows[0].id if rows else None for rows in (branches.before(place), branches.after(place)))  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class _Place:
    goes_back: bool
    value: Any
    active_at: Any
    id: int

    def beside(self, column: str) -> Q:
        """Those of the same value."""
        return Q(**({f"{column}__isnull": True} if self.value is None else {column: self.value}))


@dataclass(frozen=True, slots=True)
class _Branches:
    """``nothing`` is how a missing value is stored; people without one come last."""

    people: ContactQuerySet
    column: str
    nothing: Any
    wanted: int

    def after(self, place: _Place | None) -> list[Row]:
        known, unknown = self._known(), self._unknown()
        if place is None:
            steps = [(known, True), (unknown, False)]
        else:
            beside = place.beside(self.column) & _beyond("lt", place)
            steps = [(beside, False)]
            if place.value != self.nothing:
                steps += [(known & Q(**{f"{self.column}__gt": place.value}), True), (unknown, False)]
        rows: list[Row] = []
        for condition, is_by_value in steps:
            order = ([self.column] if is_by_value else []) + ["-active_at", "-id"]
            rows += self._rows(condition, order, len(rows))
        return rows

    def before(self, place: _Place) -> list[Row]:
        """Nearest first, so the wrong way round."""
        known = self._known()
        steps = [(place.beside(self.column) & _beyond("gt", place), False)]
        steps.append((known if place.value == self.nothing else Q(**{f"{self.column}__lt": place.value}) & known, True))
        rows: list[Row] = []
        for condition, is_by_value in steps:
            order = ([f"-{self.column}"] if is_by_value else []) + ["active_at", "id"]
            rows += self._rows(condition, order, len(rows))
        return rows

    def _rows(self, condition: Q, order: Sequence[str], found: int) -> list[Row]:
        if found >= self.wanted or condition == _NOBODY:
            return []
        people = self.people.filter(condition).order_by(*order).values_list(*FIELDS, self.column)
        return [Row(*row) for row in people[: self.wanted - found]]

    def _known(self) -> Q:
        if self.nothing is None:
            return Q() if self.column == "stage" else Q(**{f"{self.column}__isnull": False})
        return Q(**{f"{self.column}__gt": self.nothing})

    def _unknown(self) -> Q:
        if self.column == "stage":
            return _NOBODY
        return Q(**{f"{self.column}__isnull": True}) if self.nothing is None else Q(**{self.column: self.nothing})


_NOBODY = Q(pk__in=())


def _beyond(comparison: str, place: _Place) -> Q:
    further = Q(**{f"active_at__{comparison}": place.active_at})
    # The first is what an index can begin at.
    reached = Q(**{f"active_at__{comparison}e": place.active_at})
    return reached & (further | Q(**{f"id__{comparison}": place.id}))


def _page(rows: list[Row], name: str, size: int, *, is_first: bool, is_reset: bool = False) -> Page[Any]:
    has_more, rows = len(rows) > size, rows[:size]
    following = _write(rows[-1], name, goes_back=False) if has_more else None
    previous = _write(rows[0], name, goes_back=True) if rows and not is_first else None
    return Page(rows, following, previous, is_reset)


def _write(row: Row, name: str, *, goes_back: bool) -> str:
    place = [goes_back, name, row.value, row.active_at.isoformat(), row.id]
    return signing.dumps(place, salt=SALT, compress=True)


def _read(cursor: str | None, name: str) -> _Place | None:
    if not cursor:
        return None
    try:
        goes_back, ordered_by, value, active_at, pk = signing.loads(cursor, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return _Place(goes_back, value, active_at, pk) if ordered_by == name else None
