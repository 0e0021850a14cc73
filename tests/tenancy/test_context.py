"""Setting the tenant: nested, restored, rolled back, and never without one."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from contacts.models import Tag
from ecrm.tenancy.context import (
    MissingTenant,
    bind_tenant,
    current_tenant_id,
    no_tenant,
    tenant_context,
    tenant_transaction,
)
from ecrm.tenancy.models import Tenant


def database_tenant() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('app.tenant_id', true)")
        return cursor.fetchone()[0] or ""


def test_both_halves_are_set_and_restored(acme: Tenant, globex: Tenant) -> None:
    with tenant_context(acme):
        with tenant_context(globex):
            assert (current_tenant_id(), database_tenant()) == (globex.pk, str(globex.pk))
        assert (current_tenant_id(), database_tenant()) == (acme.pk, str(acme.pk))
    assert (current_tenant_id(), database_tenant()) == (None, "")


def test_an_error_restores_them_too(acme: Tenant, globex: Tenant) -> None:
    with tenant_context(acme):
        with pytest.raises(ZeroDivisionError), tenant_context(globex):
            1 / 0  # noqa: B018
        assert (current_tenant_id(), database_tenant()) == (acme.pk, str(acme.pk))


@pytest.mark.django_db(transaction=True)
def test_the_setting_ends_with_its_transaction(acme: Tenant) -> None:
    with tenant_context(acme):
        Tag.objects.create(name="vip", name_norm="vip")
    assert database_tenant() == ""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM contacts_tag")
        assert cursor.fetchone() == (0,)


def test_a_rollback_marked_inside_keeps_the_outer_tenant(acme: Tenant, globex: Tenant) -> None:
    with tenant_context(acme):
        with tenant_context(globex):
            Tag.objects.create(name="lost", name_norm="lost")
            transaction.set_rollback(True)
        assert database_tenant() == str(acme.pk)
    with tenant_context(globex):
        assert not Tag.objects.exists()


def test_bound_python_alone_sees_no_rows(acme: Tenant) -> None:
    with tenant_context(acme):
        Tag.objects.create(name="vip", name_norm="vip")
    with bind_tenant(acme):
        assert Tag.objects.count() == 0
        with tenant_transaction():
            assert Tag.objects.count() == 1


def test_cleared_means_cleared(acme: Tenant) -> None:
    with tenant_context(acme), no_tenant(), pytest.raises(MissingTenant):
        Tag.objects.count()


def test_a_queryset_belongs_to_whoever_runs_it(acme: Tenant, globex: Tenant) -> None:
    """A form or class that keeps a queryset must not freeze the tenant it was made under."""
    with tenant_context(acme):
        Tag.objects.create(name="vip", name_norm="vip")
        kept = Tag.objects.all()
    with tenant_context(globex):
        assert kept.all().count() == 0
