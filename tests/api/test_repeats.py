"""The same request with the same key happens once, also when both arrive at the same time."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, connections
from django.utils import timezone

from contacts.models import Contact
from ecrm.api import repeats
from ecrm.api.models import KeptAnswer
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.api.conftest import Program, make_program
from tests.cast import Member

ANA = {"name": "Ana", "emails": [{"address": "ana@example.com"}]}


def test_the_second_answer_is_the_first(shop: Program, acme: Tenant) -> None:
    first, second = (shop.post("/contacts", ANA, Idempotency_Key="order-1") for _time in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert second["Idempotency-Replayed"] == "true"
    with tenant_context(acme):
        assert Contact.objects.count() == 1


def test_another_request_under_the_same_key_is_refused(shop: Program) -> None:
    shop.post("/contacts", ANA, Idempotency_Key="order-1")
    assert shop.post("/contacts", {"name": "Bo"}, Idempotency_Key="order-1").status_code == 422


def test_a_refusal_is_not_kept(shop: Program) -> None:
    assert shop.post("/contacts", {"name": 1}, Idempotency_Key="order-1").status_code == 422
    assert shop.post("/contacts", ANA, Idempotency_Key="order-1").status_code == 201


@pytest.mark.parametrize("key", ["", "two words", "x" * 256])
def test_what_is_no_key(shop: Program, key: str) -> None:
    assert shop.post("/contacts", ANA, Idempotency_Key=key).status_code == 422


def test_tokens_do_not_share_keys(shop: Program, alice: Member) -> None:
    shop.post("/contacts", ANA, Idempotency_Key="order-1")
    assert make_program(alice).post("/contacts", {"name": "Bo"}, Idempotency_Key="order-1").status_code == 201


def test_answers_are_kept_for_a_day_and_unreadable(shop: Program, acme: Tenant) -> None:
    shop.post("/contacts", ANA, Idempotency_Key="order-1")
    with tenant_context(acme):
        assert "ana@example.com" not in KeptAnswer.objects.get().body
        assert repeats.forget_old() == 0
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        assert shop.post("/contacts", {"name": "Bo"}, Idempotency_Key="order-1").status_code == 201
        with tenant_context(acme):
            assert KeptAnswer.objects.count() == 1
    with time_machine.travel(timezone.now() + timedelta(hours=51)), tenant_context(acme):
        assert repeats.forget_old() == 1


@pytest.mark.django_db(transaction=True)
def test_at_the_same_time(shop: Program, acme: Tenant) -> None:
    """Ten at once: one works, the others wait for it."""
    answers: list[Any] = []
    together = threading.Barrier(10)

    def call() -> None:
        together.wait()
        answers.append(Program(shop.tenant, shop.token, shop.secret).post("/contacts", ANA, Idempotency_Key="order-1"))
        connections.close_all()

    threads = [threading.Thread(target=call) for _number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    with tenant_context(acme):
        assert Contact.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_that_takes_too_long_is_told(shop: Program, acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "PATIENCE_SECONDS", 1)
    row = {"token": shop.token, "key": "order-1", "digest": b"0" * 32}
    told: list[Any] = []

    def call() -> None:
        told.append(shop.post("/contacts", ANA, Idempotency_Key="order-1"))
        connections.close_all()

    with tenant_context(acme):
        KeptAnswer.objects.create(**row)
        waiting = threading.Thread(target=call)
        waiting.start()
        waiting.join()
        connection.set_rollback(True)
    assert told[0].status_code == 409
