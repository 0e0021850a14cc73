"""Columns that upper rooms add to an export of people: the other side of ``import_columns``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise

from ecrm.tenancy.models import Membership


@dataclass(frozen=True, slots=True)
class ExportColumns:
    """Columns read together. ``labels`` by key; a key that an import column has as well is read back by it.

    ``load`` answers the cells of people by id and key, in one query; what is missing is empty.
    """

    labels: Mapping[str, str | Promise]
    load: Callable[[Sequence[int]], Mapping[int, Mapping[str, str]]]


# Asked inside a tenant, once for an export; an empty mapping of labels where the member may not see them.
Source = Callable[[Membership], ExportColumns]
_sources: list[Source] = []


def register_source(source: Source) -> None:
    _sources.append(source)


def columns(membership: Membership) -> list[ExportColumns]:
    return [source(membership) for source in _sources]
