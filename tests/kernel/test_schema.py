"""What the models say of indexes and constraints is in the database: migrations are applied in a quicker way."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection

from ecrm.tenancy.walls import RowSecurity

pytestmark = pytest.mark.django_db


def _names_in_the_database() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint UNION SELECT relname FROM pg_class WHERE relkind IN ('i', 'I')"
        )
        return {name for (name,) in cursor.fetchall()}


def test_every_index_and_constraint_of_every_model_is_there():
    wanted = {
        named.name: model._meta.label
        for model in apps.get_models()
        if model._meta.managed and not model._meta.proxy
        for named in (*model._meta.indexes, *model._meta.constraints)
        if not isinstance(named, RowSecurity)  # tests/architecture/test_catalogue.py
    }

    missing = {name: label for name, label in wanted.items() if name not in _names_in_the_database()}

    assert len(wanted) > 300
    assert not missing


def test_every_column_of_every_model_is_there():
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'")
        there = set(cursor.fetchall())

    missing = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        if model._meta.managed and not model._meta.proxy
        for field in model._meta.local_concrete_fields
        if (model._meta.db_table, field.column) not in there
    ]

    assert not missing
