"""Wall 2: models whose rows belong to a tenant, and the manager that never forgets it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self, TypeVar

from django.db import models
from django.db.models.sql.compiler import SQLCompiler

from ecrm.tenancy.context import MissingTenant, require_tenant_id
from ecrm.tenancy.walls import RowSecurity, TenantReference

M = TypeVar("M", bound=models.Model)


class CurrentTenant(models.Expression):
    """The tenant at the moment SQL is made.

    A plain value would freeze at class or form creation; this one cannot.
    """

    output_field = models.BigIntegerField()

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> Any:
        return "%s", [require_tenant_id()]


class TenantQuerySet(models.QuerySet[M]):
    """Checks that bulk writes carry this tenant; reads are scoped by the manager."""

    def bulk_create(self, objs: Iterable[M], *args: Any, **kwargs: Any) -> list[M]:
        objs = list(objs)
        for obj in objs:
            check_tenant(obj)
        return super().bulk_create(objs, *args, **kwargs)

    def bulk_update(self, objs: Iterable[M], *args: Any, **kwargs: Any) -> int:
        objs = list(objs)
        for obj in objs:
            check_tenant(obj)
        return super().bulk_update(objs, *args, **kwargs)

    def update(self, **kwargs: Any) -> int:
        if "tenant" in kwargs or "tenant_id" in kwargs:
            raise MissingTenant("A row never changes its tenant.")
        return super().update(**kwargs)


class TenantScope(models.Manager[M]):
    """The default and base manager of tenant models: the tenant clause is always in."""

    def get_queryset(self) -> models.QuerySet[M]:
        return super().get_queryset().filter(tenant_id=CurrentTenant())


class TenantField(models.ForeignKey):  # type: ignore[type-arg]
    """``tenant``, set from the context; brings the unique key and row security with it.

    Tables that fill by the million say ``tenant = TenantField(db_constraint=False)``: the reference
    to their parent, or row security alone, already holds the tenant (docs/adr/0016).
    """

    def __init__(self, **kwargs: Any) -> None:
        defaults: dict[str, Any] = {
            "to": "tenancy.Tenant",
            "on_delete": models.CASCADE,
            "editable": False,
            "related_name": "+",
            "db_index": False,
            "default": require_tenant_id,
        }
        super().__init__(**{**defaults, **kwargs})

    def contribute_to_class(self, cls: Any, name: str, private_only: bool = False, **kwargs: Any) -> None:
        super().contribute_to_class(cls, name, private_only, **kwargs)
        if not cls._meta.abstract:
            table = _short(cls)
            if cls._meta.managed:
                _add_constraint(cls, models.UniqueConstraint(fields=["tenant", "id"], name=f"{table}_key"))
                _add_constraint(cls, RowSecurity(name=f"{table}_rls"))

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.ForeignKey", args, kwargs


class TenantForeignKey(models.ForeignKey):  # type: ignore[type-arg]
    """A reference to another tenant row, guarded by a composite foreign key.

    ``has_reference=False`` where something else holds it: docs/adr/0017 says what, and a guard lists them.
    """

    def __init__(self, to: Any, on_delete: Any = models.CASCADE, *, has_reference: bool = True, **kwargs: Any) -> None:
        self.has_reference = has_reference
        kwargs.setdefault("related_name", "+")
        kwargs["db_constraint"] = False
        super().__init__(to, on_delete, **kwargs)

    def contribute_to_class(self, cls: Any, name: str, private_only: bool = False, **kwargs: Any) -> None:
        super().contribute_to_class(cls, name, private_only, **kwargs)
        if not cls._meta.abstract and cls._meta.managed and self.has_reference:
            reference = TenantReference(name=f"{_short(cls)}_{name}_ref", field=name, on_delete=self._sql_on_delete())
            _add_constraint(cls, reference)

    def _sql_on_delete(self) -> str:
        on_delete = self.remote_field.on_delete
        if on_delete is models.CASCADE:
            return "CASCADE"
        return "SET NULL" if on_delete is models.SET_NULL else "NO ACTION"

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.ForeignKey", args, kwargs


class TenantModel(models.Model):
    """A row of one tenant. Reading or writing it without a tenant raises ``MissingTenant``."""

    tenant = TenantField()

    objects = TenantScope.from_queryset(TenantQuerySet)()

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def save(self, *args: Any, **kwargs: Any) -> None:
        check_tenant(self)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        check_tenant(self)
        return super().delete(*args, **kwargs)

    @classmethod
    def table(cls) -> str:
        """The table's name, for the few hand-written statements."""
        return cls._meta.db_table

    def refreshed(self) -> Self:
        self.refresh_from_db()
        return self


def check_tenant(obj: Any) -> None:
    """Raises ``MissingTenant`` when a row of another tenant is about to be written."""
    if obj.tenant_id != require_tenant_id():
        raise MissingTenant(f"{obj._meta.label} of tenant {obj.tenant_id} is not this tenant's.")


def _add_constraint(cls: type[models.Model], constraint: models.BaseConstraint) -> None:
    options: Any = cls._meta
    options.constraints = [*options.constraints, constraint]
    options.original_attrs["constraints"] = options.constraints


def _short(cls: type[models.Model]) -> str:
    return cls._meta.db_table[:40]
