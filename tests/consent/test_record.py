"""Answers go into the ledger; today's state follows, whatever the order they arrive in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consent import rules, services
from consent.models import ConsentRecord, ConsentState, Purpose
from contacts.models import Contact, Event
from contacts.services import create_contact
from ecrm.audit.models import AuditEntry
from ecrm.tenancy.models import Tenant, User
from tests.consent.conftest import NOW, days_ago

FORM: dict[str, Any] = {"source": "form", "evidence": {"url": "https://acme.example/join"}}


def test_the_first_answer_becomes_the_state(in_acme: Tenant, ana: Contact, newsletter: Purpose) -> None:
    record = services.record(contact=ana, purpose=newsletter, action="granted", at=days_ago(3), **FORM)

    state = ConsentState.objects.get(contact=ana)
    assert (state.state, state.record, state.since) == ("granted", record, days_ago(3))


def test_a_later_answer_wins_even_when_it_was_recorded_first(
    in_acme: Tenant, ana: Contact, newsletter: Purpose
) -> None:
    refusal = services.record(contact=ana, purpose=newsletter, action="withdrawn", at=days_ago(1), **FORM)
    services.record(contact=ana, purpose=newsletter, action="granted", at=days_ago(5), **FORM)

    state = ConsentState.objects.get(contact=ana)
    assert (state.state, state.record) == ("withdrawn", refusal)
    assert ConsentRecord.objects.count() == 2


@pytest.mark.parametrize("order", [("granted", "withdrawn"), ("withdrawn", "granted"), ("granted", "objected")])
def test_at_the_same_instant_a_refusal_wins(
    in_acme: Tenant, ana: Contact, newsletter: Purpose, order: tuple[str, str]
) -> None:
    for action in order:
        services.record(contact=ana, purpose=newsletter, action=action, at=days_ago(1), **FORM)

    assert not rules.may(ana, newsletter).allowed


def test_each_purpose_stands_alone(in_acme: Tenant, ana: Contact, newsletter: Purpose) -> None:
    tracking = Purpose.objects.get(key="tracking")
    services.record(contact=ana, purpose=newsletter, action="granted", at=days_ago(2), **FORM)
    services.record(contact=ana, purpose=tracking, action="granted", at=days_ago(2), **FORM)
    services.withdraw(contact=ana, purpose=tracking, **FORM)

    assert rules.may(ana, newsletter).allowed
    assert not rules.may(ana, tracking).allowed


def test_answers_stand_in_the_history(in_acme: Tenant, ana: Contact, newsletter: Purpose) -> None:
    services.record(contact=ana, purpose=newsletter, action="granted", at=days_ago(2), **FORM)
    services.record(contact=ana, purpose=newsletter, action="withdrawn", at=days_ago(1), **FORM)

    told = Event.objects.filter(contact_id=ana.pk, name__startswith="consent.").order_by("occurred_at")
    assert [(event.name, event.occurred_at) for event in told] == [
        ("consent.granted", days_ago(2)),
        ("consent.withdrawn", days_ago(1)),
    ]
    assert told[0].properties["purpose"] == "newsletter"


def test_staff_need_to_say_where_a_yes_came_from(
    in_acme: Tenant, ana: Contact, newsletter: Purpose, owner: User
) -> None:
    with pytest.raises(ValidationError, match="origin"):
        services.record(
            contact=ana, purpose=newsletter, action="granted", source="staff", evidence={"origin": "  "}, by=owner
        )
    assert not ConsentRecord.objects.exists()

    services.record(
        contact=ana, purpose=newsletter, action="granted", source="staff", evidence={"origin": "Fair card"}, by=owner
    )
    assert AuditEntry.objects.filter(action="consent.recorded", actor_id=owner.pk).count() == 1


def test_an_answer_from_the_future_is_refused(in_acme: Tenant, ana: Contact, newsletter: Purpose) -> None:
    with pytest.raises(ValidationError, match="future"):
        services.record(
            contact=ana, purpose=newsletter, action="granted", at=timezone.now() + timedelta(days=1), **FORM
        )


def test_saying_the_same_twice_adds_nothing(in_acme: Tenant, ana: Contact, newsletter: Purpose) -> None:
    first = services.grant(contact=ana, purpose=newsletter, **FORM)
    assert services.grant(contact=ana, purpose=newsletter, **FORM) == first
    refusal = services.withdraw(contact=ana, purpose=newsletter, **FORM)
    assert services.withdraw(contact=ana, purpose=newsletter, **FORM) == refusal
    assert ConsentRecord.objects.count() == 2


def test_a_yes_to_a_new_wording_is_a_new_proof(in_acme: Tenant, ana: Contact, newsletter: Purpose) -> None:
    from consent import purposes

    old = purposes.current_notices(["en"])[newsletter.pk]
    services.grant(contact=ana, purpose=newsletter, notice=old, **FORM)
    new = purposes.publish_notice(purpose=newsletter, texts={"en": "Write to me twice a year."}, by=None)[0]
    services.grant(contact=ana, purpose=newsletter, notice=new, **FORM)

    assert rules.may(ana, newsletter).record.notice == new
    assert ConsentRecord.objects.count() == 2


def test_a_no_to_a_legitimate_interest_is_an_objection(in_acme: Tenant, ana: Contact) -> None:
    from consent import purposes

    interest = purposes.create_purpose(
        key="fraud", channel="web", basis="interest", is_marketing=False, texts={"en": ("Fraud checks", "")}, by=None
    )
    assert rules.may(ana, interest).allowed

    assert services.withdraw(contact=ana, purpose=interest, **FORM).action == "objected"
    assert not rules.may(ana, interest).allowed


def test_one_statement_records_thousands(in_acme: Tenant, newsletter: Purpose, owner: User) -> None:
    people = [Contact.objects.create(name=f"P{n}", sort_key=f"p{n}") for n in range(40)]

    def statements_for(count: int) -> int:
        answers = [
            services.Answer(person.pk, newsletter, "granted", days_ago(1), {"url": "x"}) for person in people[:count]
        ]
        with CountedQueries() as counted:
            services.record_many(answers, by=None, source="form")
        return counted.number

    few, many = statements_for(2), statements_for(40)
    assert few == many
    assert ConsentState.objects.filter(state="granted").count() == 40


class CountedQueries:
    """Counts statements; savepoints too."""

    def __enter__(self) -> CountedQueries:
        self.number = 0
        self._wrapped = connection.execute_wrapper(self._count)
        self._wrapped.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self._wrapped.__exit__(*exc)

    def _count(self, execute: Any, *args: Any) -> Any:
        self.number += 1
        return execute(*args)


ACTIONS = st.sampled_from(["granted", "withdrawn", "objected", "expired"])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    told=st.lists(st.tuples(ACTIONS, st.integers(0, 4)), min_size=1, max_size=8),
    batches=st.lists(st.integers(1, 3), min_size=8, max_size=8),
)
def test_any_answers_in_any_order_give_the_state_of_a_naive_model(
    in_acme: Tenant, newsletter: Purpose, owner: User, told: list[tuple[str, int]], batches: list[int]
) -> None:
    """The model: the latest day wins; on one day a refusal beats a grant, then the later row."""
    person = create_contact(by=owner, name="Somebody")
    answers = [
        services.Answer(person.pk, newsletter, action, NOW - timedelta(days=day), {"url": "x"}) for action, day in told
    ]
    rest = list(answers)
    for size in batches:
        services.record_many(rest[:size], by=None, source="form")
        rest = rest[size:]
    services.record_many(rest, by=None, source="form")

    rows = ConsentRecord.objects.filter(contact=person)
    expected = max(rows, key=lambda row: (row.given_at, row.action != "granted", row.pk))
    state = ConsentState.objects.get(contact=person)
    assert (state.record_id, state.state, state.since) == (expected.pk, expected.action, expected.given_at)
    assert len(rows) == len(told)
