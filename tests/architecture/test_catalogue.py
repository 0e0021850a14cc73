"""Wall 4 and 3 as the database itself sees them, and proof that the lint can see a hole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections, transaction

from tests.architecture import catalogue


@pytest.fixture
def owner(db: None, django_db_blocker: Any) -> Iterator[Any]:
    """The schema owner's cursor, in a transaction that is rolled back."""
    with transaction.atomic(using="migrate"):
        with connections["migrate"].cursor() as cursor:
            yield cursor
        transaction.set_rollback(True, using="migrate")


pytestmark = pytest.mark.django_db(databases=["default", "migrate"])


def test_every_wall_stands(owner: Any) -> None:
    assert catalogue.all_findings(owner) == []


HOLES = [
    "DROP POLICY tenant_wall ON contacts_contact",
    "ALTER TABLE contacts_contact DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE consent_consentrecord NO FORCE ROW LEVEL SECURITY",
    "ALTER TABLE contacts_emailaddress DROP CONSTRAINT contacts_emailaddress_contact_ref",
    "CREATE TABLE forgotten (id bigint PRIMARY KEY)",
    "CREATE TABLE half_done (id bigint PRIMARY KEY, tenant_id bigint)",
    "CREATE UNIQUE INDEX leaky ON contacts_tag (name)",
    "ALTER TABLE contacts_tag ADD FOREIGN KEY (id) REFERENCES contacts_contact (id)",
    "CREATE VIEW everybody AS SELECT * FROM contacts_contact",
    "CREATE MATERIALIZED VIEW all_of_them AS SELECT * FROM contacts_contact",
    "CREATE FUNCTION peep() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
    "GRANT TRUNCATE ON contacts_contact TO ecrm_app",
    "GRANT SELECT ON contacts_event_default TO ecrm_app",
    "CREATE POLICY generous ON contacts_contact USING (true)",
    (
        "DROP POLICY tenant_wall ON contacts_tag;"
        "CREATE POLICY tenant_wall ON contacts_tag TO ecrm_app USING (true) WITH CHECK (true)"
    ),
    "CREATE TABLE contacts_event_1999_01 PARTITION OF contacts_event FOR VALUES FROM ('1999-01-01') TO ('1999-02-01')",
]


@pytest.mark.parametrize("hole", HOLES)
def test_the_lint_sees_a_hole(owner: Any, hole: str) -> None:
    owner.execute(hole)
    assert catalogue.all_findings(owner) != []
