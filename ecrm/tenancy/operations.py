"""A migration operation for SQL kept in files, where it can be read as SQL."""

from __future__ import annotations

from pathlib import Path

from django.db.migrations import RunSQL
from django.db.migrations.operations.base import Operation

ROOT = Path(__file__).resolve().parent.parent.parent


class RunSQLFile(RunSQL):
    """Runs a file, named from the project's root. Migrations never change once released:
    a later change is a new file."""

    def __init__(self, path: str, state_operations: list[Operation] | None = None) -> None:
        self.path = path
        # A list of one: a bare string would be split at semicolons, dollar-quoted bodies too.
        super().__init__([(ROOT / path).read_text(encoding="utf-8")], RunSQL.noop, state_operations)

    def deconstruct(self) -> tuple[str, list[object], dict[str, object]]:
        return self.__class__.__qualname__, [self.path], {}

    def describe(self) -> str:
        return f"Run {self.path}"
