"""Columns of the list: own ones, those of other rooms, and custom fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from contacts import fields, panels
from contacts.lists import orders
from contacts.models import CustomField
from contacts.panels import ListColumn
from ecrm.tenancy.models import Membership
from ecrm.tenancy.requests import MemberRequest

CUSTOM = "f:"
Cells = Mapping[int, SafeString]


@dataclass(frozen=True, slots=True)
class Column:
    """``sort`` is its key among the orders. ``extra`` is a column that somebody loads for a page's people.

    ``classes`` say when it leaves a narrow table, where nobody chose columns.
    """

    key: str
    label: str | Promise
    sort: str = ""
    classes: str = ""
    extra: ListColumn | None = None


OWN = (
    Column("email", _("Email"), classes="max"),
    Column("place", _("Place"), sort="country", classes="max p3"),
    Column("owner", _("Owner"), sort="owner", classes="p2"),
    Column("stage", _("Stage"), sort="stage", classes="k-side"),
    Column("tags", _("Tags"), classes="max p3"),
    Column("activity", _("Last activity"), sort="active", classes="max long"),
    Column("phone", _("Phone")),
    Column("company", _("Company"), sort="company", classes="max"),
    Column("job_title", _("Job title"), classes="max"),
    Column("language", _("Language")),
    Column("source", _("Source"), classes="max"),
    Column("birthday", _("Birthday")),
    Column("created", _("Created"), sort="created"),
)
USUAL = ("email", "place", "owner", "stage", "tags", "activity")


def every(membership: Membership) -> list[Column]:
    """All that this member may choose from, the name aside, which is always first."""
    return [*OWN, *_registered(membership), *_custom(membership)]


def chosen(keys: Sequence[str], membership: Membership) -> list[Column]:
    """The columns of these keys in this order; the usual ones where there is none."""
    others = (*OWN, *_registered(membership), *_custom(membership, keys))
    known = {column.key: column for column in others}
    found = [known[key] for key in keys if key in known]
    return found or _usual(membership)


def _usual(membership: Membership) -> list[Column]:
    """Columns of other rooms stand before the last activity."""
    own = {column.key: column for column in OWN}
    *first, last = [own[key] for key in USUAL]
    return [*first, *_registered(membership), last]


def _registered(membership: Membership) -> list[Column]:
    found = panels.columns(membership)
    return [Column(each.key, each.label, classes=each.cell_classes, extra=each) for each in found]


def _custom(membership: Membership, keys: Sequence[str] | None = None) -> list[Column]:
    """All, or those of ``keys``; no question where none of them is one."""
    if keys is not None and not any(key.startswith(CUSTOM) for key in keys):
        return []
    shown = [field for field in fields.of("contact", membership) if keys is None or fields.prefixed(field) in keys]
    load = _Loader(shown)
    return [_custom_column(field, load) for field in shown]


def _custom_column(field: CustomField, load: _Loader) -> Column:
    key = fields.prefixed(field)
    sort = key if field.kind in orders.SORTABLE else ""
    return Column(key, field.label, sort=sort, classes="max", extra=ListColumn(key, field.label, load.of(field)))


class _Loader:
    """Reads the values of all columns that are shown together, with one question for all."""

    def __init__(self, shown: Sequence[CustomField]) -> None:
        self._fields = shown
        self._read: dict[tuple[int, ...], Mapping[int, Mapping[str, str]]] = {}

    def of(self, field: CustomField) -> Callable[[MemberRequest, Sequence[int]], Cells]:
        def load(request: MemberRequest, ids: Sequence[int]) -> Cells:
            texts = self._texts(tuple(ids), request.membership)
            return {pk: _markup(given[field.key]) for pk, given in texts.items() if field.key in given}

        return load

    def _texts(self, ids: tuple[int, ...], membership: Membership) -> Mapping[int, Mapping[str, str]]:
        if ids not in self._read:
            self._read[ids] = fields.texts("contact", ids, self._fields, membership)
        return self._read[ids]


def _markup(text: str) -> SafeString:
    return mark_safe(escape(text))
