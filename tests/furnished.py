"""Tenants for tests: furnished by the rooms once in each worker, by copies of those rows from then on.

Furnishing asks a hundred questions, which every test would wait for; copying asks a handful. The copies
have ids and instants of their own, as if the rooms had just made them.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db.models import DateTimeField
from django.utils import timezone, translation

from ecrm.audit.models import AuditEntry
from ecrm.tenancy import services, tokens
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Route, Tenant, User
from ecrm.tenancy.scoping import TenantModel

Rows = list[tuple[Any, list[Any]]]
_kept: dict[tuple[Any, ...], Rows] = {}


def make_tenant(*, by: User, **fields: Any) -> Tenant:
    """What ``services.create_tenant`` makes of these fields."""
    key = (repr(fields), settings.INBOUND_DOMAIN, translation.get_language(), *services.furnishings)
    if key not in _kept:
        made = services.create_tenant(by=by, **fields)
        _kept[key] = _furniture(made)
        return made
    with _furnishing(lambda tenant: _copy(_kept[key], tenant)):
        return services.create_tenant(by=by, **fields)


def _furniture(tenant: Tenant) -> Rows:
    """What the rooms have put into a new tenant; what others refer to comes first."""
    models = [model for model in apps.get_models() if issubclass(model, TenantModel) and model is not AuditEntry]
    with tenant_context(tenant):
        found = [(model, list(model._default_manager.order_by("pk"))) for model in models]
    routes = Route.objects.filter(tenant=tenant).exclude(kind=tokens.ROUTE_KIND)
    return [(model, rows) for model, rows in (*found, (Route, list(routes))) if rows]


@contextmanager
def _furnishing(furnish: Callable[[Tenant], None]) -> Iterator[None]:
    original, services.furnishings = services.furnishings, [furnish]
    try:
        yield
    finally:
        services.furnishings = original


def _copy(furniture: Rows, tenant: Tenant) -> None:
    later = timezone.now() - max(at for _model, rows in furniture for row in rows for at in _instants(row).values())
    ids: dict[tuple[Any, int], int] = {}
    for model, rows in furniture:
        copies = model._default_manager.bulk_create([_copy_of(row, tenant, ids, later) for row in rows])
        ids |= {(model, row.pk): made.pk for row, made in zip(rows, copies, strict=True)}


def _copy_of(row: Any, tenant: Tenant, ids: dict[tuple[Any, int], int], later: timedelta) -> Any:
    made = copy.copy(row)
    made._state = copy.copy(row._state)
    made._state.fields_cache, made._state.adding, made.pk = {}, True, None
    for name, at in _instants(row).items():
        setattr(made, name, at + later)
    for field in row._meta.concrete_fields:
        if field.is_relation and field.name != "tenant" and getattr(row, field.attname):
            setattr(made, field.attname, ids[field.related_model, getattr(row, field.attname)])
    made.tenant_id = tenant.pk
    return made


def _instants(row: Any) -> dict[str, datetime]:
    times = (field.attname for field in row._meta.concrete_fields if isinstance(field, DateTimeField))
    return {name: getattr(row, name) for name in times if getattr(row, name)}
