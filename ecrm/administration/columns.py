"""What of a table the admin shows and lets people ask for, read off the model.

Under row security only equality, order and ranges on indexed columns are quick, so that is what
lists offer, except on the small tables that an admin class names as such.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.db import models
from django.db.models import Field, Index, Model, UniqueConstraint

# Passwords travel in a relay's address and in headers; a kept answer may hold anything.
_SECRET = re.compile(r"password|secret|signing_key|token|hash|relay_url|headers|^body$")
# Folded copies of other columns, for the search.
_COPIES = re.compile(r"_norm$|^search_text$|^sort_key$")
_LIST_COLUMNS = 6
_TEXTS = (models.CharField, models.TextField)
_ASKABLE = (models.CharField, models.IntegerField, models.ForeignKey)


def shown(model: type[Model]) -> list[Field[Any, Any]]:
    """Every column but the tenant, bytes, secrets and copies."""
    return [field for field in _told(model) if not _COPIES.search(field.name)]


def _told(model: type[Model]) -> list[Field[Any, Any]]:
    return [field for field in model._meta.concrete_fields if field.name != "tenant" and not is_secret(field)]


def is_secret(field: Field[Any, Any]) -> bool:
    return isinstance(field, models.BinaryField) or bool(_SECRET.search(field.name))


def indexed(model: type[Model]) -> set[str]:
    """Columns that lead an index of their own, after the tenant."""
    return set(_leading(model)) | {"id"}


def list_columns(model: type[Model]) -> list[str]:
    """The first few columns that read well side by side."""
    plain = [field for field in shown(model) if _reads_well(field)]
    names = [field.name for field in plain if field.name != "id"][:_LIST_COLUMNS]
    return ["id", *names]


def choice_columns(model: type[Model], *, is_small: bool) -> list[str]:
    """Columns with a closed list of values; of large tables those that an index finds."""
    quick = {field.name for field in shown(model)} if is_small else indexed(model)
    closed = (field for field in shown(model) if field.choices or isinstance(field, models.BooleanField))
    return [field.name for field in closed if field.name in quick]


def date_column(model: type[Model]) -> str | None:
    """The first instant that leads an index, so that its first and last are found at once."""
    leading = indexed(model)
    instants = (field.name for field in shown(model) if isinstance(field, models.DateTimeField))
    return next((name for name in instants if name in leading), None)


def search_columns(model: type[Model]) -> list[str]:
    """What one row can be asked for by its exact value."""
    leading = indexed(model)
    return [f"{field.name}__exact" for field in _told(model) if field.name in leading and isinstance(field, _ASKABLE)]


def relations(model: type[Model]) -> list[str]:
    return [field.name for field in model._meta.concrete_fields if isinstance(field, models.ForeignKey)]


def _reads_well(field: Field[Any, Any]) -> bool:
    return not isinstance(field, (models.JSONField, models.GeneratedField, models.TextField))


def _leading(model: type[Model]) -> Iterator[str]:
    for index in model._meta.indexes:
        if isinstance(index, Index) and index.condition is None:
            yield from _second([name for name, _order in index.fields_orders])
    for constraint in model._meta.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield from _second(list(constraint.fields))


def _second(names: list[str]) -> list[str]:
    """The column after the tenant, which all keys of tenant tables start with."""
    return names[1:2] if names[:1] == ["tenant"] else names[:1]
