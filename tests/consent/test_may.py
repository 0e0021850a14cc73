"""May we? The rule for one person and the rules for many give the same answer, always."""

from __future__ import annotations

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consent import purposes, rules, services
from consent.models import Purpose
from consent.rules import Reason
from contacts.models import Contact, EmailAddress
from ecrm.tenancy.models import Tenant
from tests.consent.conftest import days_ago

KINDS = [
    ("marketing", "consent", True),
    ("tracking-like", "consent", False),
    ("contract", "contract", False),
    ("interest", "interest", False),
]
ANSWERS = ["", "granted", "withdrawn", "objected", "expired"]


def make_purpose(key: str, basis: str, is_marketing: bool) -> Purpose:
    return purposes.create_purpose(
        key=key, channel="email", basis=basis, is_marketing=is_marketing, texts={"en": (key, "")}, by=None
    )


@pytest.mark.parametrize(
    ("basis", "is_marketing", "answer", "allowed", "reason"),
    [
        ("consent", True, "", False, Reason.NEVER_ASKED),
        ("consent", True, "granted", True, Reason.GRANTED),
        ("consent", True, "withdrawn", False, Reason.WITHDRAWN),
        ("consent", True, "expired", False, Reason.EXPIRED),
        ("consent", False, "", False, Reason.NEVER_ASKED),
        ("consent", False, "granted", True, Reason.GRANTED),
        ("contract", False, "", True, Reason.CONTRACT),
        ("contract", False, "objected", True, Reason.CONTRACT),
        ("interest", False, "", True, Reason.INTEREST),
        ("interest", False, "objected", False, Reason.OBJECTED),
        ("interest", False, "withdrawn", False, Reason.WITHDRAWN),
        ("interest", False, "granted", True, Reason.GRANTED),
    ],
)
def test_the_verdict(
    in_acme: Tenant, ana: Contact, basis: str, is_marketing: bool, answer: str, allowed: bool, reason: Reason
) -> None:
    purpose = make_purpose("any", basis, is_marketing)
    if answer:
        services.record(contact=ana, purpose=purpose, action=answer, source="form", evidence={"url": "x"})

    verdict = rules.may(ana, purpose)
    assert (verdict.allowed, verdict.reason) == (allowed, reason)
    assert (verdict.record is not None) == bool(answer)


def test_an_archived_purpose_may_not_be_used(in_acme: Tenant, ana: Contact, newsletter: Purpose, owner: object) -> None:
    services.grant(contact=ana, purpose=newsletter, source="form", evidence={"url": "x"})
    purposes.archive_purpose(purpose=newsletter, by=owner)
    newsletter.refresh_from_db()

    assert rules.may(ana, newsletter).reason == Reason.ARCHIVED
    assert not Contact.objects.filter(rules.granted(newsletter)).exists()
    assert not _by_hand(newsletter)


def _by_hand(purpose: Purpose) -> set[int]:
    """The same whichever way the answers are looked up."""
    together, one_by_one = (_ids(rules.sql(purpose, one_by_one=each)) for each in (False, True))
    assert together == one_by_one
    return together


def _ids(rule: rules.SqlRule) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT c.id FROM contacts_contact c {rule.join} WHERE {rule.condition}", rule.params)
        return {row[0] for row in cursor.fetchall()}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(KINDS),
    told=st.lists(st.lists(st.tuples(st.sampled_from(ANSWERS), st.integers(0, 3)), max_size=3), min_size=1, max_size=6),
)
def test_one_and_many_agree_on_any_history(
    in_acme: Tenant, kind: tuple[str, str, bool], told: list[list[tuple[str, int]]]
) -> None:
    purpose = Purpose.objects.filter(key=kind[0]).first() or make_purpose(*kind)
    people = [Contact.objects.create(name=f"P{n}", sort_key=f"p{n}") for n in range(len(told))]
    answers = [
        services.Answer(person.pk, purpose, action, days_ago(day), {"url": "x"})
        for person, said in zip(people, told, strict=True)
        for action, day in said
        if action
    ]
    services.record_many(answers, by=None, source="form")

    one_by_one = {person.pk for person in people if rules.may(person, purpose).allowed}
    ours = Contact.objects.filter(pk__in=[person.pk for person in people])
    assert set(ours.filter(rules.granted(purpose)).values_list("pk", flat=True)) == one_by_one
    assert set(ours.exclude(rules.granted(purpose)).values_list("pk", flat=True)) == (
        {person.pk for person in people} - one_by_one
    )
    assert _by_hand(purpose) & {person.pk for person in people} == one_by_one


def test_the_rule_works_from_the_addresses_side_too(in_acme: Tenant, ana: Contact, newsletter: Purpose) -> None:
    services.grant(contact=ana, purpose=newsletter, source="form", evidence={"url": "x"})
    mailable = EmailAddress.objects.filter(rules.granted(newsletter, contact="contact_id"))
    assert [address.address for address in mailable] == ["ana.prata@correio.example"]


def test_the_set_based_rule_reads_an_index(in_acme: Tenant, newsletter: Purpose) -> None:
    """With sequential scans off, the planner shows whether row security left it an index.

    Which one depends on the statistics other tests left behind.
    """
    found = Contact.objects.filter(rules.granted(newsletter)).values("pk")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = found.explain()
    assert "Seq Scan on consent_consentstate" not in plan
    assert "Index Cond: (" in plan
