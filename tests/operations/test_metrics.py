"""/metrics: for this machine and for the token's bearer, without anybody's name."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from ecrm import metrics
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests import factories as make
from tests.cast import Member

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "dispatch"])


def scrape(**headers: str) -> str:
    told = Client().get("/metrics", headers=headers)
    assert told.status_code == 200
    assert told["Content-Type"].startswith("text/plain")
    return told.content.decode()


def value(text: str, name: str) -> float:
    return float(re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)[1])


def test_only_this_machine_and_the_token_may_read(settings: Any) -> None:
    assert Client().get("/metrics", REMOTE_ADDR="203.0.113.9").status_code == 404
    assert Client().get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 404
    settings.METRICS_TOKEN = "let-me-see"
    elsewhere = {"REMOTE_ADDR": "203.0.113.9"}
    assert Client().get("/metrics", headers={"Authorization": "Bearer wrong"}, **elsewhere).status_code == 404
    assert Client().get("/metrics", headers={"Authorization": "Bearer let-me-see"}, **elsewhere).status_code == 200


def test_what_waits_and_what_failed(acme: Tenant) -> None:
    hour_ago = timezone.now() - timedelta(hours=1)
    before = scrape()
    with tenant_context(acme):
        make.OutboxEntryFactory(queue="send", due_at=hour_ago)
        make.OutboxEntryFactory(queue="send", due_at=hour_ago + timedelta(days=1))
        make.OutboxEntryFactory(queue="import", failed_at=hour_ago)
    text = scrape()
    assert value(text, 'ecrm_outbox_due{queue="send"}') == value(before, 'ecrm_outbox_due{queue="send"}') + 1
    assert value(text, 'ecrm_outbox_oldest_due_seconds{queue="send"}') >= 3600
    assert value(text, 'ecrm_outbox_failed{queue="import"}') == 1
    assert "ecrm_intake_waiting 0.0" in text
    assert 'ecrm_messages{outcome="sent"}' in text


def test_requests_are_counted_by_route(alice: Member) -> None:
    for _time in range(3):
        alice.get("contact_list")
    alice.client.get(alice.url("contact_list") + "999999/")
    text = scrape()
    labels = 'method="GET",route="contact_list",status="2xx"'
    assert value(text, f"ecrm_request_seconds_count{{{labels}}}") == 3
    assert value(text, f'ecrm_request_seconds_bucket{{le="+Inf",{labels}}}') == 3
    assert value(text, f"ecrm_request_seconds_sum{{{labels}}}") > 0
    assert 'status="4xx"' in text


def test_nobody_is_named(alice: Member) -> None:
    alice.get("contact_list")
    text = scrape()
    assert "acme" not in text.lower()
    assert "alice" not in text.lower()


def test_a_part_that_is_away_is_missing_and_the_rest_is_told(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    text = scrape()
    assert "ecrm_outbox_due" in text
    assert "ecrm_broker_messages" not in text


def test_every_figure_says_what_it_is() -> None:
    assert all(figure.words for figure in (*metrics._OWN, *metrics._figures.values()))
