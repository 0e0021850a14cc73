"""Columns of an import that upper rooms understand: their words, their checks, their writing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from django.utils.functional import Promise

from contacts.models import ImportRun
from ecrm.tenancy.models import User


@dataclass(frozen=True, slots=True)
class ImportedValue:
    """One value of one row. ``contact_id`` is negative while a dry run speaks of a person yet to
    come: the same number for every row of that person.

    ``row`` holds what the row's other registered columns were parsed to, by key.
    """

    contact_id: int
    line: int
    value: Any
    row: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a value was not taken over, in the reader's language. The rest of the row comes in."""

    line: int
    reason: str


class ApplyMany(Protocol):
    def __call__(
        self, *, run: ImportRun, rows: Sequence[ImportedValue], by: User | None, at: datetime
    ) -> list[Problem]: ...


class ForeseeMany(Protocol):
    def __call__(self, *, run: ImportRun, rows: Sequence[ImportedValue]) -> list[Problem]: ...


@dataclass(frozen=True, slots=True)
class ImportColumn:
    """A column an app can import.

    ``parse`` turns a filled cell into what JSON can hold, or raises ``ValidationError`` with
    words for the reader. ``apply_many`` writes a chunk inside the import's transaction, each row
    once, and answers what it refused; without it the column only lends its value to others
    through ``row``. ``foresee_many`` answers the same refusals beforehand, writing nothing.
    ``word`` names a value for the dry run's count ("opts in"); values without a word are not counted.
    """

    key: str
    label: str | Promise
    aliases: Sequence[str] = ()
    parse: Callable[[str], Any] = str.strip
    apply_many: ApplyMany | None = None
    foresee_many: ForeseeMany | None = None
    word: Callable[[Any], str] | None = None


# An app whose columns depend on the tenant (its purposes) registers a source of them.
Source = Callable[[], Sequence[ImportColumn]]
_sources: list[Source] = []


def register(column: ImportColumn) -> None:
    register_source(lambda: (column,))


def register_source(source: Source) -> None:
    """``source`` is asked inside a tenant, once for each page or job."""
    _sources.append(source)


def columns() -> dict[str, ImportColumn]:
    """Every registered column of the current tenant, by key, in the order of registration."""
    return {column.key: column for source in _sources for column in source()}
