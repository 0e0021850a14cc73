"""What upper rooms add to the pages of contacts: panels beside a person, columns in the list."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.safestring import SafeString

from contacts.models import Contact
from ecrm.tenancy.models import Membership
from ecrm.tenancy.requests import MemberRequest


@dataclass(frozen=True, slots=True)
class Panel:
    """A ``<div class="sec">`` on the contact page, rendered by its room; an empty string shows nothing.

    ``place`` is ``side`` (below the details: what we may do) or ``extra`` (the right-hand side: what it means).
    It should cost one or two queries: the page allows itself eight in all.
    """

    key: str
    render: Callable[[MemberRequest, Contact], SafeString | str]
    place: str = "extra"
    order: int = 50
    capability: str | None = None


@dataclass(frozen=True, slots=True)
class ListColumn:
    """A column of the contact list. ``load`` answers the cells of one page's people by their id, in one query.

    ``cell_classes`` goes on every cell; ``legend`` stands beside the label in the head.
    """

    key: str
    label: str | Promise
    load: Callable[[MemberRequest, Sequence[int]], Mapping[int, SafeString]]
    legend: Callable[[MemberRequest], SafeString | str] | None = None
    order: int = 50
    capability: str | None = None
    cell_classes: str = ""


_panels: dict[str, Panel] = {}
_columns: dict[str, ListColumn] = {}


def register(panel: Panel) -> None:
    _panels[panel.key] = panel


def register_column(column: ListColumn) -> None:
    _columns[column.key] = column


def panels(place: str, membership: Membership) -> list[Panel]:
    """Those of one place that this member may see, in order."""
    wanted = (panel for panel in _panels.values() if panel.place == place)
    return sorted(
        (panel for panel in wanted if _may(membership, panel.capability)), key=lambda panel: (panel.order, panel.key)
    )


def columns(membership: Membership) -> list[ListColumn]:
    return sorted(
        (column for column in _columns.values() if _may(membership, column.capability)),
        key=lambda column: (column.order, column.key),
    )


def _may(membership: Membership, capability: str | None) -> bool:
    return capability is None or membership.may(capability)
