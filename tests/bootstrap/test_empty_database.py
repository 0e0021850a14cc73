"""What a transactional test leaves behind is gone afterwards; what migrations wrote is not."""

import psycopg
import pytest
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from tests import databases

pytestmark = pytest.mark.django_db(transaction=True)


def test_rows_of_a_test_go():
    get_user_model().objects.create(email="left@example.com")
    databases.empty()
    assert not get_user_model().objects.exists()


def test_rows_of_migrations_stay_as_they_were():
    before = list(ContentType.objects.order_by("pk").values_list())
    ContentType.objects.create(app_label="added", model="added")
    ContentType.objects.filter(pk=before[0][0]).update(model="renamed")
    databases.empty()
    assert list(ContentType.objects.order_by("pk").values_list()) == before


def test_the_tests_run_as_the_role_without_privileges():
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper, rolbypassrls, rolcreatedb FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False, False, False)


def test_a_connection_left_open_is_an_error_and_not_a_wait_for_ever(monkeypatch):
    monkeypatch.setattr(databases, "PATIENCE", "100ms")
    get_user_model().objects.create(email="left@example.com")
    settings = connection.settings_dict
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
    with psycopg.connect(**{name: settings[key] for name, key in names.items()}) as forgotten:
        forgotten.execute(f"SELECT * FROM {get_user_model()._meta.db_table}")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            databases.empty()
