"""A row of every tenant model, and Globex trying to read, change, delete and refer to Acme's.

Each wall is tried alone: through the manager with row security off (2 without 4), in SQL as the
app role (4 without 2), and references with both off (3 without both).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, connection, connections, models, transaction

from contacts.models import Contact, EmailAddress, Tag
from ecrm.tenancy.context import MissingTenant, bind_tenant, tenant_context
from ecrm.tenancy.models import Tenant
from ecrm.tenancy.scoping import TenantForeignKey, TenantModel, TenantScope
from tests import furnished
from tests.architecture.catalogue import HELD_OTHERWISE
from tests.cast import make_user
from tests.factories import every_factory

FACTORIES = every_factory()
TENANT_MODELS = sorted(
    (model for model in apps.get_models() if issubclass(model, TenantModel)), key=lambda model: model._meta.label
)
every_model = pytest.mark.parametrize("model", TENANT_MODELS, ids=lambda model: model._meta.label)


def test_every_tenant_model_has_a_factory() -> None:
    assert [model._meta.label for model in TENANT_MODELS if model not in FACTORIES] == []
    assert [model._meta.label for model in FACTORIES if model not in TENANT_MODELS] == []


def row_of(model: Any, tenant: Tenant) -> Any:
    with tenant_context(tenant):
        return FACTORIES[model]()


@every_model
def test_without_a_tenant_nothing_works(model: Any, acme: Tenant) -> None:
    row = row_of(model, acme)
    with pytest.raises(MissingTenant):
        model.objects.count()
    with pytest.raises(MissingTenant):
        row.save()
    assert sql(f'SELECT count(*) FROM "{model._meta.db_table}"') == 0


@every_model
def test_sql_of_another_tenant_sees_and_changes_nothing(model: Any, acme: Tenant, globex: Tenant) -> None:
    row, table = row_of(model, acme), model._meta.db_table
    with tenant_context(globex):
        assert sql(f'SELECT count(*) FROM "{table}" WHERE id = {row.pk}') == 0
        assert changed(f'UPDATE "{table}" SET tenant_id = tenant_id WHERE id = {row.pk}') == 0
        assert changed(f'DELETE FROM "{table}" WHERE id = {row.pk}') == 0
    with tenant_context(acme):
        assert sql(f'SELECT count(*) FROM "{table}" WHERE id = {row.pk}') == 1


@every_model
def test_sql_cannot_write_a_row_for_another_tenant(model: Any, acme: Tenant, globex: Tenant) -> None:
    row = row_of(model, acme)
    with (
        tenant_context(acme),
        pytest.raises(DatabaseError, match=r"row-level security|permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        copy_as(cursor, row, globex.pk)


@every_model
def test_the_manager_alone_sees_only_its_own(model: Any, owner: Owner) -> None:
    """Row security is off here: the schema's owner looks through the same managers."""
    row = row_of(model, owner.acme)
    with bind_tenant(owner.globex):
        assert not model.objects.filter(pk=row.pk).exists()
        assert not model._base_manager.filter(pk=row.pk).exists()
        with pytest.raises(MissingTenant):
            row.save()
        with pytest.raises(MissingTenant):
            row.delete()
        with pytest.raises(MissingTenant):
            model.objects.bulk_create([row])
        with pytest.raises(MissingTenant):
            model.objects.update(tenant_id=owner.globex.pk)
    with bind_tenant(owner.acme):
        assert model.objects.filter(pk=row.pk).exists()


pytestmark = pytest.mark.django_db(databases=["default", "migrate"])

REFERENCES = [
    (model, field)
    for model in TENANT_MODELS
    for field in model._meta.local_fields
    if isinstance(field, TenantForeignKey) and f"{model._meta.db_table}.{field.column}" not in HELD_OTHERWISE
]


# A value belongs to a person or to a company: who gets the one gives up the other.
INSTEAD_OF = {("contacts.CustomValue", "company"): ("contact_id",)}


@pytest.mark.parametrize(
    ("model", "field"), REFERENCES, ids=lambda value: getattr(value, "name", None) or value.__name__
)
def test_no_row_can_refer_to_another_tenants(model: Any, field: Any, owner: Owner) -> None:
    """Both other walls are off: the owner writes SQL. Only the composite key can refuse."""
    foreign, own = row_of(field.related_model, owner.acme), row_of(model, owner.globex)
    owner.cursor.execute("SET LOCAL app.erasing = 'on'")
    cleared = "".join(f', "{column}" = NULL' for column in INSTEAD_OF.get((model._meta.label, field.name), ()))
    with pytest.raises(IntegrityError, match="violates foreign key"), transaction.atomic():
        owner.cursor.execute(
            f'UPDATE "{model._meta.db_table}" SET "{field.column}" = %s{cleared} WHERE id = %s', [foreign.pk, own.pk]
        )


@pytest.mark.django_db(transaction=True, databases=["default", "migrate"])
def test_the_probe_sees_a_dropped_policy(acme: Tenant, globex: Tenant) -> None:
    row = row_of(Tag, acme)
    with connections["migrate"].cursor() as owner:
        owner.execute("ALTER TABLE contacts_tag DISABLE ROW LEVEL SECURITY")
        try:
            with tenant_context(globex):
                assert sql(f"SELECT count(*) FROM contacts_tag WHERE id = {row.pk}") == 1
        finally:
            owner.execute("ALTER TABLE contacts_tag ENABLE ROW LEVEL SECURITY")


def test_the_probe_sees_a_dropped_manager_clause(owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    row = row_of(Tag, owner.acme)
    monkeypatch.setattr(TenantScope, "get_queryset", models.Manager.get_queryset)
    with bind_tenant(owner.globex):
        assert Tag.objects.filter(pk=row.pk).exists()


def test_the_probe_sees_a_dropped_composite_key(owner: Owner) -> None:
    foreign, own = row_of(Contact, owner.acme), row_of(EmailAddress, owner.globex)
    owner.cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    owner.cursor.execute("ALTER TABLE contacts_emailaddress DROP CONSTRAINT contacts_emailaddress_contact_ref")
    owner.cursor.execute("UPDATE contacts_emailaddress SET contact_id = %s WHERE id = %s", [foreign.pk, own.pk])
    assert owner.cursor.rowcount == 1


@dataclass
class Owner:
    """The schema's owner, whom row security does not hold, with two tenants of its own."""

    acme: Tenant
    globex: Tenant
    cursor: Any


@pytest.fixture
def owner(db: None) -> Iterator[Owner]:
    """Everything the test does runs as the owner and is undone at the end."""
    app = connections["default"]
    connections["default"] = connections["migrate"]
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            alice, charlie = make_user("Alice"), make_user("Charlie")
            acme = furnished.make_tenant(by=alice, slug="acme", name="Acme")
            globex = furnished.make_tenant(by=charlie, slug="globex", name="Globex")
            yield Owner(acme, globex, cursor)
            transaction.set_rollback(True)
    finally:
        connections["default"] = app


def copy_as(cursor: Any, row: Any, tenant_id: int) -> None:
    fields = [field for field in row._meta.local_concrete_fields if not (field.primary_key or field.generated)]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    values = ", ".join("%s" if field.column == "tenant_id" else f'"{field.column}"' for field in fields)
    table = row._meta.db_table
    cursor.execute(
        f'INSERT INTO "{table}" ({columns}) SELECT {values} FROM "{table}" WHERE id = %s', [tenant_id, row.pk]
    )


def sql(statement: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


def changed(statement: str) -> int:
    """Rows changed; a missing grant is as good as none."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.rowcount
    except DatabaseError as error:
        if "permission denied" in str(error):
            return 0
        raise
