"""Segments ask about consent, and explain what decided."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from consent import services, suppression
from consent.models import ConsentRecord, Purpose
from contacts import criteria
from contacts.criteria import Scope
from contacts.models import Contact
from contacts.segments import reach
from contacts.services import create_contact
from ecrm.tenancy.models import Tenant, User

FORM: dict[str, Any] = {"source": "form", "evidence": {"url": "x"}}
Answer = Callable[..., ConsentRecord]


@pytest.fixture
def people(in_acme: Tenant, owner: User, newsletter: Purpose) -> dict[str, Contact]:
    found = {
        name: create_contact(by=owner, name=name, emails=[f"{name}@correio.example"])
        for name in ("yes", "no", "objected", "silent")
    }
    services.grant(contact=found["yes"], purpose=newsletter, **FORM)
    services.grant(contact=found["no"], purpose=newsletter, **FORM)
    services.withdraw(contact=found["no"], purpose=newsletter, **FORM)
    services.record(contact=found["objected"], purpose=newsletter, action="objected", **FORM)
    return found


@pytest.mark.parametrize(
    ("operator", "names"), [("granted", {"yes"}), ("refused", {"no", "objected"}), ("unasked", {"silent"})]
)
def test_who_answers_the_question(in_acme: Tenant, people: dict[str, Contact], operator: str, names: set[str]) -> None:
    question = criteria.get("consent")
    found = Contact.objects.filter(question.compile(operator, "newsletter", Scope.current()))
    assert {person.name for person in found} == names


def test_the_sentence_and_the_value_that_decided(in_acme: Tenant, people: dict[str, Contact]) -> None:
    question, scope = criteria.get("consent"), Scope.current()
    assert question.sentence("granted", "newsletter", scope) == "Consent given for Newsletter and offers by email"
    assert question.explain(people["yes"], "granted", "newsletter", scope).startswith("Granted on")
    assert question.explain(people["no"], "granted", "newsletter", scope).startswith("Withdrawn on")
    assert question.explain(people["silent"], "granted", "newsletter", scope) == "Never asked"


def test_a_question_about_a_purpose_that_is_gone_cannot_be_answered(in_acme: Tenant) -> None:
    with pytest.raises(criteria.Unanswerable):
        criteria.get("consent").compile("granted", "long-gone", Scope.current())


def test_blocked_main_addresses(in_acme: Tenant, people: dict[str, Contact]) -> None:
    suppression.suppress(address_norm="yes@correio.example", reason="hard_bounce")
    question, scope = criteria.get("address_blocked"), Scope.current()
    blocked = Contact.objects.filter(question.compile("yes", None, scope))
    free = Contact.objects.filter(question.compile("no", None, scope))
    assert {person.name for person in blocked} == {"yes"}
    assert {person.name for person in free} == {"no", "objected", "silent"}
    assert question.explain(people["yes"], "yes", None, scope) == "suppressed"
    assert question.explain(people["no"], "yes", None, scope) == "not suppressed"


def test_how_many_of_some_people_may_be_contacted(in_acme: Tenant, people: dict[str, Contact]) -> None:
    def found() -> list[tuple[str, int]]:
        return [(str(each.label), each.count) for each in reach.of(Contact.objects.all())]

    tracking = ("Open and click tracking by email", 0)
    assert found() == [("Newsletter and offers by email", 1), tracking, ("Nobody may write to them", 3)]
    suppression.suppress(address_norm="yes@correio.example", reason="hard_bounce")
    assert found() == [("Newsletter and offers by email", 0), tracking, ("Nobody may write to them", 4)]
