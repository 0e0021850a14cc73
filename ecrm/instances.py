"""Model instances out of a hand-written statement, for the few that every page waits for.

Making the SQL of a join anew each time costs the ORM several times what the database needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model

M = TypeVar("M", bound=Model)


class Columns(Generic[M]):
    """All columns of a model under an alias of the statement; ``read`` takes them where they begin in a row."""

    def __init__(self, model: type[M], alias: str) -> None:
        fields = model._meta.concrete_fields
        self.model = model
        self.sql = ", ".join(f'{alias}."{field.column}"' for field in fields)
        self.count = len(fields)
        self.names = [field.attname for field in fields]
        readers = [getattr(field, "from_db_value", None) for field in fields]
        self.readers = [(place, read) for place, read in enumerate(readers) if read]

    def read(self, row: Sequence[Any], *, start: int = 0) -> M:
        values = list(row[start : start + self.count])
        for place, read in self.readers:
            values[place] = read(values[place], None, connection)
        return self.model.from_db(DEFAULT_DB_ALIAS, self.names, values)
