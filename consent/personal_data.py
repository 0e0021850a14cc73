"""Every column that could hold personal data: whose it is, how it is exported, how it is erased.

Each room classifies its own columns in its registrations; ``unclassified()`` is what a guard
asserts to be empty. Export and erasure themselves come with the requests of people; the registry
is complete from the first day. Columns with a closed list of values need no classification,
though what they say of a person may be exported.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Model
from django.utils.functional import Promise

_OTHERS = ("django.", "allauth")
_TELLING = (models.CharField, models.TextField, models.JSONField, models.BinaryField, models.FileField, ArrayField)


class Whose(StrEnum):
    """Whom a column speaks of."""

    PERSON = "person"
    STAFF = "staff"
    NOBODY = "nobody"


class Erasure(StrEnum):
    """What becomes of a column when its person is erased (GDPR Art. 17)."""

    DELETE = "delete"  # the row goes
    BLANK = "blank"  # the row stays, this column is emptied
    KEEP = "keep"  # with a reason
    NONE = "none"  # nobody's


@dataclass(frozen=True, slots=True)
class Column:
    """``person`` is the lookup from the model to the contact's id; ``label`` None is left out of
    an export because another column says the same.
    """

    model: type[Model]
    field: str
    whose: Whose
    erasure: Erasure
    person: str = ""
    label: str | Promise | None = None
    why: str = ""


_columns: dict[tuple[type[Model], str], Column] = {}


def of_person(
    model: type[Model],
    fields: Mapping[str, str | Promise | None],
    *,
    erasure: Erasure,
    person: str = "contact_id",
    why: str = "",
) -> None:
    """Columns about a contact: label in an export (None: not exported) by field.

    ``KEEP`` needs a reason, for the certificate of erasure.
    """
    if erasure == Erasure.KEEP and not why:
        raise ValueError(f"{model._meta.label}: say why erasure keeps {', '.join(fields)}.")
    for field, label in fields.items():
        _add(Column(model, field, Whose.PERSON, erasure, person, label, why))


def of_staff(model: type[Model], *fields: str) -> None:
    """Columns about those who work here: kept while they do, and for the audit."""
    for field in fields:
        _add(Column(model, field, Whose.STAFF, Erasure.KEEP, why="Staff are not erased as contacts are."))


def of_nobody(model: type[Model], *fields: str) -> None:
    """Columns that describe the business, not a person: names of things, codes, settings."""
    for field in fields:
        _add(Column(model, field, Whose.NOBODY, Erasure.NONE))


def columns(whose: Whose | None = None) -> list[Column]:
    """In the order of models and fields."""
    found = (column for column in _columns.values() if whose in (None, column.whose))
    return sorted(found, key=lambda column: (column.model._meta.label, column.field))


def unclassified() -> list[str]:
    """``app.Model.field`` of every column that could hold personal data and that no room answered for,
    and of every answer whose column is gone.
    """
    missing = [(model, field.name) for model, field in telling() if (model, field.name) not in _columns]
    stale = [(model, name) for model, name in _columns if name not in _names(model)]
    return sorted(f"{model._meta.label}.{name}" for model, name in (*missing, *stale))


def telling() -> Iterator[tuple[type[Model], models.Field[object, object]]]:
    """Every column of ours that takes free text, JSON or bytes."""
    for model in apps.get_models():
        if model._meta.app_config.name.startswith(_OTHERS):
            continue
        for field in model._meta.local_concrete_fields:
            if isinstance(field, _TELLING) and not field.choices:
                yield model, field


def _names(model: type[Model]) -> set[str]:
    return {field.name for field in model._meta.local_concrete_fields}


def _add(column: Column) -> None:
    _columns[column.model, column.field] = column
