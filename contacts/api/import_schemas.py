"""Imports as other programs start and follow them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field, StrictBool

from ecrm.api.schemas import Id, In, Text

Known = Literal["fill", "overwrite", "skip"]
Policy = Literal["fill", "overwrite", "append", "skip"]
Number = Annotated[str, Field(pattern=r"^(0|[1-9][0-9]{0,3})$", description="Of a column, from 0.")]
Key = Annotated[Text, Field(max_length=100)]
Cell = Annotated[Text, Field(max_length=200)]


class OptionsIn(In):
    """Only what is given differs from what was found in the file (`/imports/{import_id}/columns`).

    ``known`` is what happens to people known already. ``match`` recognises people by e-mail, by their
    number in ``system``, by phone, or by the ``number`` that an export of this workspace gave them.
    ``constants`` are cells that every row has in fields the file has not got, such as the day of a consent;
    ``policies`` differ from ``known`` by field.
    """

    known: Known = "fill"
    match: Literal["email", "external", "phone", "number"] = "email"
    system: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]*$", max_length=60)] = ""
    without_email: StrictBool = False
    day_first: StrictBool = True
    decimal: Literal[".", ","] = "."
    tag: Annotated[Text, Field(max_length=60)] = ""
    only_known_companies: StrictBool = False
    only_known_tags: StrictBool = False
    constants: Annotated[dict[Key, Cell], Field(max_length=50)] = {}
    policies: Annotated[dict[Key, Policy], Field(max_length=300)] = {}


class CheckIn(In):
    """``columns`` say which field each column goes to, empty for none; left out, as they were guessed."""

    columns: Annotated[dict[Number, Key] | None, Field(max_length=300)] = None
    options: OptionsIn | None = None


class CountsOut(Schema):
    """Rows: new people, people changed, people who stay the same, rows refused and rows that repeat another."""

    new: int
    update: int
    same: int
    refused: int
    repeated: int


class ProblemReasonOut(Schema):
    """Why ``rows`` rows have a problem; ``first`` is the line of the first. Fatal: the row does not come in."""

    column: str
    reason: str
    is_fatal: bool
    rows: int
    first: int


class UndoneOut(Schema):
    """New ``people`` in the bin, ``updates`` taken back, ``kept`` people somebody changed since (``kept_ids``)."""

    people: int
    updates: int
    kept: int
    kept_ids: list[Id]


class ImportOut(Schema):
    """``checked`` is what the dry run says, ``landed`` what came in. ``percent`` while it is being worked on.
    ``missing_entries``, by field, are what the file says and the field's list has not got.

    ``state``: mapping, checking, checked, importing, done, failed, cancelled, undoing, undone.
    """

    id: Id
    name: str
    format: str
    state: str
    percent: int | None
    error: str
    checked: CountsOut | None
    landed: CountsOut | None
    reasons: list[ProblemReasonOut]
    missing_entries: dict[str, list[str]]
    undone: UndoneOut | None
    can_undo: bool
    created_at: datetime
    finished_at: datetime | None
    undone_at: datetime | None


class ColumnOut(Schema):
    """``number`` from 0; ``field`` it goes to, empty for none; a few of its values."""

    number: int
    name: str
    field: str
    samples: list[str]


class OptionsOut(Schema):
    known: str
    match: str
    system: str
    without_email: bool
    day_first: bool
    decimal: str
    tag: str
    only_known_companies: bool
    only_known_tags: bool
    constants: dict[str, str]
    policies: dict[str, str]


class ColumnsOut(Schema):
    columns: list[ColumnOut]
    options: OptionsOut


class TargetOut(Schema):
    """A field that a column can go to. ``is_many``: several columns can."""

    key: str
    label: str
    group: str
    is_many: bool


class ImportProblemOut(Schema):
    line: int
    column: str
    reason: str
    is_fatal: bool
