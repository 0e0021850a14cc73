"""Rows of a file that look like somebody who is here already."""

from __future__ import annotations

from typing import Any

import pytest

from contacts.duplicates.arriving import Given, looks_like
from ecrm.tenancy.models import Tenant
from tests.contacts.conftest import add
from tests.duplicates.test_find import ANA, _look


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"name": "Luczak Ana", "phones": ["+48601234567"]}, "phone"),
        ({"name": "Anna Luczak", "emails": ["ana.luczak77@other.example"]}, "mail_name"),
        ({"name": "", "emails": ["analuczak77+shop@correio.example"]}, "mail"),
    ],
)
def test_a_row_that_is_somebody_is_told_with_whom_and_why(in_acme: Tenant, row: dict[str, Any], reason: str) -> None:
    ana = add(in_acme, **ANA)
    add(in_acme, name="Rui Costa", emails=["rui@correio.example"])
    _look()
    found = looks_like([Given(7, **row), Given(8, name="Jan Kowalski", emails=["jan@correio.example"])])
    assert list(found) == [7]
    assert found[7].contact_id == ana.pk
    assert reason in found[7].reasons
    assert 60 <= found[7].score <= 100


def test_many_rows_cost_no_query_each(in_acme: Tenant, django_assert_max_num_queries: Any) -> None:
    ana = add(in_acme, **ANA)
    _look()
    rows = [Given(number, name="Ana Łuczak", phones=["+48601234567"]) for number in range(1, 300)]
    with django_assert_max_num_queries(12):
        found = looks_like(rows)
    assert {each.contact_id for each in found.values()} == {ana.pk}
    assert len(found) == len(rows)


def test_nobody_of_another_workspace_is_found(acme: Tenant, globex: Tenant) -> None:
    from ecrm.tenancy.context import tenant_context

    with tenant_context(acme):
        add(acme, **ANA)
        _look()
    with tenant_context(globex):
        assert looks_like([Given(1, name="Ana Łuczak", phones=["+48601234567"])]) == {}
