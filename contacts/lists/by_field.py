"""The list in the order of a field of one's own: those who have a value by it, then everybody else.

The first are read from the index of the values, the others along the latest activity: one after the
other, each by its own keys, so that any page costs what the first one does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core import signing
from django.db.models import Exists, OuterRef, Q

from contacts.lists.orders import FIELDS, SIZE, SORTABLE, Row
from contacts.models import CustomField, CustomValue
from contacts.querysets import ContactQuerySet
from ecrm.ui.pages import Page

SALT = "contacts.lists.by_field"
_READ: Mapping[str, Callable[[str], Any]] = {"date_value": date.fromisoformat, "at_value": datetime.fromisoformat}
_ACTIVE = ("active_at", "id")


def by_field(people: ContactQuerySet, field: CustomField, *, is_descending: bool, cursor: str | None) -> Page[Any]:
    """A page of everybody among ``people``. One or two queries, one more when going back reaches the start."""
    order = _Order(people, field, is_descending, SIZE + 1)
    place = order.read(cursor)
    if place is None:
        return _page(order, order.after(None), is_first=True, is_reset=bool(cursor))
    if not place.goes_back:
        return _page(order, order.after(place), is_first=False)
    rows = order.before(place)
    if len(rows) <= SIZE:
        return _page(order, order.after(None), is_first=True)
    rows = rows[:SIZE][::-1]
    return Page(rows, order.write(rows[-1], goes_back=False), order.write(rows[0], goes_back=True))


def beside(
    people: ContactQuerySet, field: CustomField, contact: Any, *, is_descending: bool
) -> tuple[int | None, int | None]:
    """Who stands before and after a person in such an order. Three to five queries."""
    order = _Order(people, field, is_descending, 1)
    value = CustomValue.objects.filter(field=field, contact=contact).values_list(order.column, flat=True).first()
    place = _Place(False, value, contact.active_at, contact.pk)
    before, after = order.before(place), order.after(place)
    return (before[0].id if before else None), (after[0].id if after else None)


@dataclass(frozen=True, slots=True)
class _Place:
    """``value`` is None among those who have none."""

    goes_back: bool
    value: Any
    active_at: datetime
    id: int


@dataclass(frozen=True)
class _Order:
    people: ContactQuerySet
    field: CustomField
    is_descending: bool
    wanted: int

    @property
    def column(self) -> str:
        return SORTABLE[CustomField.Kind(self.field.kind)]

    def after(self, place: _Place | None) -> list[Row]:
        if place is not None and place.value is None:
            return self._without(place, self.wanted)
        rows = self._having(place, self.wanted)
        return rows + self._without(None, self.wanted - len(rows))

    def before(self, place: _Place) -> list[Row]:
        """Nearest first, so the wrong way round."""
        if place.value is not None:
            return self._having(place, self.wanted, is_turned=True)
        rows = self._without(place, self.wanted, is_turned=True)
        return rows + self._having(None, self.wanted - len(rows), is_turned=True)

    def _having(self, place: _Place | None, wanted: int, *, is_turned: bool = False) -> list[Row]:
        if not wanted:
            return []
        values = CustomValue.objects.filter(field=self.field, contact__in=self.people.values("pk"))
        values = values.filter(**{f"{self.column}__isnull": False})
        falls = self.is_descending != is_turned
        keys = (self.column, "contact_id")
        if place is not None:
            values = values.filter(_beyond(keys, (place.value, place.id), falls=falls))
        names = ("contact_id", "contact__active_at", "contact__last_active_at", self.column)
        return [Row(*row) for row in values.order_by(*_along(keys, falls=falls)).values_list(*names)[:wanted]]

    def _without(self, place: _Place | None, wanted: int, *, is_turned: bool = False) -> list[Row]:
        if not wanted:
            return []
        people = self.people.filter(~Exists(CustomValue.objects.filter(field=self.field, contact=OuterRef("pk"))))
        falls = not is_turned
        if place is not None:
            people = people.filter(_beyond(_ACTIVE, (place.active_at, place.id), falls=falls))
        return [Row(*row) for row in people.order_by(*_along(_ACTIVE, falls=falls)).values_list(*FIELDS)[:wanted]]

    def write(self, row: Row, *, goes_back: bool) -> str:
        value = row.value.isoformat() if self.column in _READ and row.value is not None else row.value
        place = [goes_back, self.field.pk, self.is_descending, value, row.active_at.isoformat(), row.id]
        return signing.dumps(place, salt=SALT, compress=True)

    def read(self, cursor: str | None) -> _Place | None:
        if not cursor:
            return None
        try:
            goes_back, field_id, is_descending, value, active_at, pk = signing.loads(cursor, salt=SALT)
        except (signing.BadSignature, ValueError, TypeError):
            return None
        if (field_id, is_descending) != (self.field.pk, self.is_descending):
            return None
        if value is not None and self.column in _READ:
            value = _READ[self.column](value)
        return _Place(goes_back, value, datetime.fromisoformat(active_at), pk)


def _along(keys: tuple[str, str], *, falls: bool) -> list[str]:
    return [f"-{key}" if falls else key for key in keys]


def _beyond(keys: tuple[str, str], values: tuple[Any, int], *, falls: bool) -> Q:
    way = "lt" if falls else "gt"
    further = Q(**{f"{keys[0]}__{way}": values[0]}) | Q(**{f"{keys[1]}__{way}": values[1]})
    # The first is what an index can begin at.
    return Q(**{f"{keys[0]}__{way}e": values[0]}) & further


def _page(order: _Order, rows: list[Row], *, is_first: bool, is_reset: bool = False) -> Page[Any]:
    has_more, rows = len(rows) > SIZE, rows[:SIZE]
    following = order.write(rows[-1], goes_back=False) if has_more else None
    previous = order.write(rows[0], goes_back=True) if rows and not is_first else None
    return Page(rows, following, previous, is_reset)
