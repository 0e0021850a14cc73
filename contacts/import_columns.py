"""Columns of an import that upper rooms understand: their words, their checks, their writing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from django.utils.functional import Promise

from contacts.models import ImportRun
from ecrm.tenancy.models import User

# What an import has for a room, a chunk at a time: contact_id bigint, line int, answers jsonb. ``answers``
# holds what the row's registered columns were parsed to, by key. ``contact_id`` is negative while a dry
# run speaks of a person yet to come: the same number for every row of that person.
TABLE = "import_answers"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a value was not taken over, in the reader's language. The rest of the row comes in."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What a room made of a chunk: what it refused, and what it writes in words ("opts in") with counts."""

    problems: Sequence[Problem] = ()
    words: Counter[str] = field(default_factory=Counter)


class Apply(Protocol):
    def __call__(self, *, run: ImportRun, by: User | None, at: datetime) -> Heard: ...


class Foresee(Protocol):
    def __call__(self, *, run: ImportRun) -> Heard: ...


@dataclass(frozen=True, slots=True)
class ImportColumn:
    """A column an app can import.

    ``parse`` turns a filled cell into what JSON can hold, or raises ``ValidationError`` with
    words for the reader. ``apply`` writes what ``TABLE`` holds inside the import's transaction, set-based,
    each row once, and answers what it refused; without it the column only lends its value to others.
    ``foresee`` answers the same beforehand, writing nothing. Columns that are not ``is_offered`` come in
    files that a room writes itself, and nobody chooses them.
    """

    key: str
    label: str | Promise
    aliases: Sequence[str] = ()
    parse: Callable[[str], Any] = str.strip
    apply: Apply | None = None
    foresee: Foresee | None = None
    is_offered: bool = True


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


class TakeBack(Protocol):
    def __call__(self, *, run: ImportRun, landed: Sequence[datetime], by: User | None, at: datetime) -> int: ...


_taking_back: list[TakeBack] = []


def register_undo(take_back: TakeBack) -> None:
    """``take_back`` undoes what its room's columns wrote when the import landed at these instants; answers how much."""
    _taking_back.append(take_back)


def take_back(*, run: ImportRun, landed: Sequence[datetime], by: User | None, at: datetime) -> int:
    return sum(room(run=run, landed=landed, by=by, at=at) for room in _taking_back)
