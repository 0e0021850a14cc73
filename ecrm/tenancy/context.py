"""Which tenant this thread works for, in Python and in the database.

The Python half is a context variable that the model managers read. The database half is
``SET LOCAL app.tenant_id``, which row-level security reads. ``SET LOCAL`` ends with its
transaction, so a pooled connection can never carry a tenant to the next user. It is sent as
a statement because a Citus coordinator does not forward ``set_config()``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from django.db import connection, transaction

if TYPE_CHECKING:
    from ecrm.tenancy.models import Tenant

_tenant_id: ContextVar[int | None] = ContextVar("tenant_id", default=None)


class MissingTenant(RuntimeError):
    """Tenant data was touched while no tenant was set. Always a bug, never an empty answer."""


@contextmanager
def tenant_context(tenant: Tenant | int) -> Iterator[None]:
    """One transaction of one tenant: sets both halves, restores the former ones on leaving.

    Nests: inside an open transaction it becomes a savepoint.
    """
    with bind_tenant(tenant), tenant_transaction():
        yield


@contextmanager
def bind_tenant(tenant: Tenant | int) -> Iterator[None]:
    """The Python half only, for long work that opens several ``tenant_transaction`` in turn."""
    token = _tenant_id.set(tenant if isinstance(tenant, int) else tenant.pk)
    try:
        yield
    finally:
        _tenant_id.reset(token)


@contextmanager
def tenant_transaction() -> Iterator[None]:
    """A transaction in which the database sees the tenant that Python has bound."""
    tenant_id = require_tenant_id()
    with transaction.atomic():
        former = _database_tenant() if connection.savepoint_ids else None
        _set_database_tenant(str(tenant_id))
        yield
        # Not in a finally: the rollback to a savepoint restores the setting by itself.
        if former is not None and former != str(tenant_id) and not connection.needs_rollback:
            _set_database_tenant(former)


@contextmanager
def no_tenant() -> Iterator[None]:
    """Clears the Python half, so that a leak cannot hide (used before every task)."""
    token = _tenant_id.set(None)
    try:
        yield
    finally:
        _tenant_id.reset(token)


def current_tenant_id() -> int | None:
    return _tenant_id.get()


def require_tenant_id() -> int:
    """Raises ``MissingTenant`` when none is set."""
    tenant_id = _tenant_id.get()
    if tenant_id is None:
        raise MissingTenant("No tenant is set. Open tenant_context(tenant) around this code.")
    return tenant_id


def _database_tenant() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('app.tenant_id', true)")
        row = cursor.fetchone()
    return (row[0] if row else "") or ""


def _set_database_tenant(value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL app.tenant_id = '{int(value) if value else ''}'")
