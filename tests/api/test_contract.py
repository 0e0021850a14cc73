"""The description and the API agree: every operation is asked with data that fits it and data that does not.

All of schemathesis' checks run, in this process, on the same WSGI application that serves.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from schemathesis.checks import load_all_checks
from schemathesis.config import SchemathesisConfig
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.generation.hypothesis.builder import (
    InvalidHeadersExampleMark,
    MissingPathParameters,
    UnserializablePayloadMark,
)
from schemathesis.pytest._test_builder import build_operation_test
from schemathesis.python._constants.orchestrator import make_constants_value_source

from consent import purposes
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests import factories as make
from tests.api.conftest import Program

CONFIG = SchemathesisConfig.from_str(
    """
    [generation]
    # PostgreSQL keeps no NUL: test_nul_is_refused tells what becomes of it.
    allow-x00 = false

    [checks.positive_data_acceptance]
    # A description cannot say that a phone number exists or where a cursor leads.
    expected-statuses = ["2xx", "401", "403", "404", "409", "422"]
    """
)
FEW = 5
# What the builder notes when there are cases that it cannot ask.
LEFT_OUT = (InvalidHeadersExampleMark, MissingPathParameters, UnserializablePayloadMark)
EXPORT = "/acme/contacts/export/?format=csv"
schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json?workspace=acme", get_wsgi_application(), config=CONFIG)
OPERATIONS = {operation.ok().label: operation.ok() for operation in schema.get_all_operations()}
FEEDBACK = FeedbackSources(constants_value_source=make_constants_value_source(schema))
schemathesis.openapi.format("email", st.from_regex(r"[a-z]{1,10}@[a-z]{1,10}\.example", fullmatch=True))


@schemathesis.serializer("application/x-ndjson")
def _lines(_context: Any, value: Any) -> Any:
    return value if isinstance(value, str | bytes) else str(value)


pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def rows(acme: Tenant) -> dict[str, Any]:
    """Ids that lead somewhere, so that more than 404 is tried."""
    by = acme.memberships.get().user
    with tenant_context(acme):
        return {
            "contact_id": str(make.ContactFactory().pk),
            "segment_id": str(make.SegmentFactory().pk),
            "campaign_id": str(make.CampaignFactory().pk),
            "purpose": purposes.NEWSLETTER,
            "note_id": str(make.ContactNoteFactory().pk),
            "case_id": str(make.CaseFactory().pk),
            "company_id": str(make.CompanyFactory().pk),
            "tag_id": str(make.TagFactory().pk),
            "field_id": str(make.CustomFieldFactory().pk),
            "merge_id": str(make.MergeFactory().pk),
            "import_id": str(make.ImportRunFactory().pk),
            "export_id": str(
                make.JobFactory(kind="export", url="/acme/contacts/export/?format=csv", requested_by=by).pk
            ),
            "pair_id": str(make.DuplicatePairFactory().pk),
        }


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """As Django's own test client does: the test's transaction must outlive a request."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.parametrize("label", OPERATIONS)
def test_every_operation_keeps_its_word(label: str, shop: Program, rows: dict[str, Any]) -> None:
    """What to ask is thought up here: ``schema.parametrize`` does it for all of them in every worker's collection."""
    load_all_checks()
    asked = build_operation_test(
        config=schema.config,
        operation=OPERATIONS[label],
        test_func=keeps_its_word,
        given_kwargs={},
        feedback=FEEDBACK,
    )
    asked(shop=shop, rows=rows)
    assert not [mark for mark in LEFT_OUT if mark.is_set(asked)]


@settings(
    max_examples=8,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def keeps_its_word(case: Any, shop: Program, rows: dict[str, Any]) -> None:
    is_positive = case.meta is None or case.meta.generation.mode.is_positive
    if is_positive and isinstance(case.body, dict) and isinstance(case.body.get("items"), list):
        del case.body["items"][FEW:]  # a thousand rows say no more than a few
    for name in case.path_parameters or {}:
        if is_positive:
            case.path_parameters[name] = rows.get(name, case.path_parameters[name])
    case.call_and_validate(headers={"Authorization": f"Bearer {shop.secret}"})
