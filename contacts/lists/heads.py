"""Heads and menus of the list: what it can be sorted and grouped by, and with which address."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from contacts.lists import orders
from contacts.lists.columns import Column
from contacts.lists.query import ListQuery
from ecrm.tenancy.requests import MemberRequest
from ecrm.ui.tables import Head, flip
from ecrm.ui.templatetags.ui import icon

Text = str | Promise

SORTS: dict[str, Text] = {
    "-active": _("Last activity"),
    "name": _("Name"),
    "-changed": _("Last changed"),
    "-created": _("Newest"),
    "created": _("Oldest"),
    "stage": _("Stage"),
    "owner": _("Owner"),
    "company": _("Company"),
    "country": _("Country"),
}
GROUPS: dict[str, Text] = {
    "": _("Nothing"),
    "stage": _("Stage"),
    "owner": _("Owner"),
    "company": _("Company"),
    "country": _("Country"),
}


@dataclass(frozen=True, slots=True)
class ColumnHead:
    """``head`` is None for a column no index keeps in order."""

    label: str
    classes: str
    legend: SafeString | str
    head: Head | None


def column_heads(request: MemberRequest, query: ListQuery, columns: Sequence[Column]) -> list[ColumnHead]:
    """The name's comes first."""
    found = [ColumnHead(gettext("Name"), "", "", _head(query, "name"))]
    for column in columns:
        legend = column.extra.legend(request) if column.extra and column.extra.legend else ""
        classes = " ".join(word for word in column.classes.split() if word.startswith("p"))
        found.append(ColumnHead(str(column.label), classes, legend, _head(query, column.sort) if column.sort else None))
    return found


def sorts(query: ListQuery, columns: Sequence[Column]) -> SafeString:
    """The orders there always are, and those by fields of one's own that are shown, as entries of a menu."""
    first = {"-active": _("Closest match")} if query.term else {}
    known = SORTS | first | {column.sort: column.label for column in columns if column.extra and column.sort}
    current = "" if query.group else query.sort
    return _entries((label, query.but(sort=key, group="").url(), key == current) for key, label in known.items())


def groups(query: ListQuery) -> SafeString:
    return _entries((label, query.but(group=key).url(), key == query.group) for key, label in GROUPS.items())


def _entries(choices: Iterable[tuple[Text, str, bool]]) -> SafeString:
    """Written here: every page of the list has a dozen of them."""
    return mark_safe("".join(_entry(*choice) for choice in choices))


def _entry(label: Text, url: str, is_current: bool) -> str:
    if is_current:
        return f'<a href="{escape(url)}" aria-current="true">{icon("check")}{escape(str(label))}</a>'
    return f'<a href="{escape(url)}"><span class="icon"></span>{escape(str(label))}</a>'


def _head(query: ListQuery, key: str) -> Head:
    is_current = not query.group and query.sort.removeprefix("-") == key
    if key in orders.SHARED:
        return Head(query.but(sort=key, group="").url(), "ascending" if is_current else "")
    wanted = flip(query.sort) if is_current else ("-active" if key == "active" else key)
    direction = ("descending" if query.sort.startswith("-") else "ascending") if is_current else ""
    # A search begins with the closest: what it is ordered by within these is nothing to point at.
    direction = "" if query.is_by_match else direction
    return Head(query.but(sort=wanted, group="").url(), direction)
