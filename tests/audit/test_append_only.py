"""The database itself keeps the audit from being edited."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from ecrm.tenancy.models import Tenant

pytestmark = pytest.mark.usefixtures("in_acme")


@pytest.mark.parametrize("statement", ["UPDATE audit_auditentry SET action = 'x'", "DELETE FROM audit_auditentry"])
def test_rows_stay_as_they_were(acme: Tenant, statement: str) -> None:
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
