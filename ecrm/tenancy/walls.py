"""Walls 3 and 4 as model constraints, so that ``makemigrations`` can never forget them.

``TenantReference`` makes a foreign key carry the tenant (row security does not guard foreign
keys). ``RowSecurity`` turns row-level security on and forces it on the owner too.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Statement
from django.db.models import BaseConstraint, Model

POLICY = "tenant_wall"


class _DeferredConstraint(BaseConstraint, ABC):
    """Runs at the end of its migration, when every table it speaks of exists."""

    @abstractmethod
    def _statements(self, model: type[Model], editor: BaseDatabaseSchemaEditor) -> list[str]:
        """The SQL, one statement each."""

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        self._defer(model, schema_editor)

    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        self._defer(model, schema_editor)

    def _defer(self, model: type[Model], editor: BaseDatabaseSchemaEditor) -> None:
        for sql in self._statements(model, editor):
            editor.deferred_sql.append(Statement(sql.replace("%", "%%")))

    def validate(self, *args: Any, **kwargs: Any) -> None:
        """The database decides; there is nothing to ask beforehand."""


class TenantReference(_DeferredConstraint):
    """``FOREIGN KEY (tenant_id, x_id) REFERENCES parent (tenant_id, id)``.

    ``on_delete`` is SQL: ``CASCADE``, ``SET NULL`` (of this column only) or ``NO ACTION``.
    """

    def __init__(self, *, name: str, field: str, on_delete: str = "NO ACTION", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self.field = field
        self.on_delete = on_delete

    def _statements(self, model: type[Model], editor: BaseDatabaseSchemaEditor) -> list[str]:
        field: Any = model._meta.get_field(self.field)
        quote = editor.quote_name
        column = quote(field.column)
        parent = field.related_model._meta.db_table
        action = f"SET NULL ({column})" if self.on_delete == "SET NULL" else self.on_delete
        return [
            (
                f"ALTER TABLE {quote(model._meta.db_table)} ADD CONSTRAINT {quote(self.name)} "
                f"FOREIGN KEY (tenant_id, {column}) REFERENCES {quote(parent)} (tenant_id, id) "
                f"ON DELETE {action}"
            )
        ]

    def remove_sql(self, model: Any, schema_editor: Any) -> str:
        quote = schema_editor.quote_name
        return f"ALTER TABLE {quote(model._meta.db_table)} DROP CONSTRAINT IF EXISTS {quote(self.name)}"

    def deconstruct(self) -> Any:
        path, args, kwargs = super().deconstruct()
        return path, args, {**kwargs, "field": self.field, "on_delete": self.on_delete}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TenantReference) and self.deconstruct() == other.deconstruct()

    __hash__ = None  # type: ignore[assignment]


class RowSecurity(_DeferredConstraint):
    """Row-level security, forced, with the one policy that compares ``tenant_id``."""

    def _statements(self, model: type[Model], editor: BaseDatabaseSchemaEditor) -> list[str]:
        return row_security_sql(editor.quote_name(model._meta.db_table))

    def remove_sql(self, model: Any, schema_editor: Any) -> str:
        table = schema_editor.quote_name(model._meta.db_table)
        return f"DROP POLICY IF EXISTS {POLICY} ON {table}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RowSecurity) and self.name == other.name

    __hash__ = None  # type: ignore[assignment]


def row_security_sql(table: str) -> list[str]:
    """Also for tables that no model makes: partitions, hand-written SQL."""
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        (
            f"CREATE POLICY {POLICY} ON {table} TO ecrm_app "
            "USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant())"
        ),
    ]
