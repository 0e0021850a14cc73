"""Statements planned once: the same answers as any other, within the same walls."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.models import Contact
from contacts.services import create_contact
from ecrm import prepared
from ecrm.tenancy.context import tenant_context

pytestmark = pytest.mark.django_db

NAMES = f"SELECT name FROM {Contact.table()} WHERE id = ANY (%s) ORDER BY name"  # no clause: the wall decides


def known_to_the_server() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s", [f"%{Contact.table()}%"])
        return cursor.fetchone()[0]


def test_a_statement_is_prepared_once_whatever_the_size_of_its_numbers(acme):
    with tenant_context(acme):
        before = known_to_the_server()
        for numbers in ([1], [70_000], [5_000_000_000], [], [2, 2**40]):
            prepared.fetch_all(f"SELECT id FROM {Contact.table()} WHERE id = ANY (%s)", [numbers])

        assert known_to_the_server() - before == 1


def test_a_prepared_statement_sees_the_tenant_of_each_question(acme, globex):
    ids = []
    for tenant, name in ((acme, "Ana of Acme"), (globex, "Gil of Globex")):
        with tenant_context(tenant):
            ids.append(create_contact(by=None, name=name).pk)

    def seen(tenant):
        with tenant_context(tenant):
            return [name for (name,) in prepared.fetch_all(NAMES, [ids])]

    # More often than it takes the server to settle on one plan for all.
    for _time in range(8):
        assert seen(acme) == ["Ana of Acme"]
        assert seen(globex) == ["Gil of Globex"]


def test_rows_of_a_queryset_are_what_the_queryset_gives(acme):
    with tenant_context(acme):
        for name in ("Ana", "Bea", "Cid"):
            create_contact(by=None, name=name)
        people = Contact.objects.order_by("name").values_list("id", "name", "created_at", named=True)

        assert prepared.named_rows(people) == list(people)
        assert [row.name for row in prepared.named_rows(people)] == ["Ana", "Bea", "Cid"]
        assert prepared.named_rows(people.none()) == []


def test_who_records_statements_sees_them_with_their_values(acme):
    with tenant_context(acme), CaptureQueriesContext(connection) as captured:
        prepared.fetch_one(NAMES, [[41]])

    assert "{41}" in captured.captured_queries[-1]["sql"]


def test_a_pooler_that_keeps_nothing_is_asked_for_nothing(acme, settings):
    settings.PREPARED_STATEMENTS = False
    with tenant_context(acme):
        before = known_to_the_server()
        created = create_contact(by=None, name="Ana")

        assert prepared.fetch_one("SELECT name FROM contacts_contact WHERE id = %s", [created.pk]) == ("Ana",)
        assert known_to_the_server() == before
