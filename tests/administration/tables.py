"""Every table of the tenant site, with its addresses and rows."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext

from ecrm.administration.tenant_site import site
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Membership, Tenant, User
from ecrm.tenancy.scoping import TenantModel
from tests.cast import Member, make_user
from tests.factories import every_factory

FACTORIES = every_factory()
TENANT_MODELS = [model for model in apps.get_models() if issubclass(model, TenantModel)]
TABLES = sorted(site._registry, key=lambda model: model._meta.label)
every_table = pytest.mark.parametrize("model", TABLES, ids=lambda model: model._meta.label)


def address(model: Any, page: str) -> str:
    return "admin:" + f"{model._meta.app_label}_{model._meta.model_name}_{page}"


def has_one_row(model: Any) -> bool:
    """A tenant's settings, its counters."""
    return any(getattr(key, "fields", ()) == ("tenant",) for key in model._meta.constraints)


def make_rows(model: Any, tenant: Tenant, count: int) -> list[Any]:
    with tenant_context(tenant):
        if model is User:
            users = [make_user(f"Person{User.objects.count()}x{number}") for number in range(count)]
            Membership.objects.bulk_create(Membership(tenant=tenant, user=user, roles=["viewer"]) for user in users)
            return users
        return [FACTORIES[model]() for _number in range(count)]


def queries(member: Member, name: str, *args: Any) -> tuple[HttpResponse, list[str]]:
    """Asked twice: the first fills what is cached for the process."""
    member.get(name, *args)
    with CaptureQueriesContext(connection) as captured:
        response = member.get(name, *args)
    return response, [query["sql"] for query in captured.captured_queries]


def no_inlines(*names: str) -> dict[str, int]:
    """What a form with rows below it posts when there are none."""
    return {f"{name}-{key}": 0 for name in names for key in ("TOTAL_FORMS", "INITIAL_FORMS")}
