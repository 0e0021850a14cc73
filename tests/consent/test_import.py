"""Opt-in columns of a file become evidence; an import never turns a no into a yes."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from consent import import_columns, rules, services
from consent.models import ConsentRecord, Purpose
from contacts.models import Contact
from contacts.services import create_contact, find_by_email
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.cast import Member
from tests.consent.conftest import days_ago
from tests.imports.files import begin, bring_in, check, landed, problems, start, verdicts

HEAD = "Email,Newsletter,Opt-in date,Opt-in origin\n"


def file(*rows: str, head: str = HEAD) -> str:
    return head + "".join(f"{row}\n" for row in rows)


def verdict(tenant: Tenant, address: str) -> rules.Verdict:
    with tenant_context(tenant):
        person = find_by_email(address)
        assert person is not None
        return rules.may(person, Purpose.objects.get(key="newsletter"))


def records(tenant: Tenant) -> list[ConsentRecord]:
    with tenant_context(tenant):
        return list(ConsentRecord.objects.order_by("id"))


def test_a_yes_with_date_and_origin_becomes_evidence(alice: Member, acme: Tenant) -> None:
    bring_in(alice, file("new@correio.example,yes,2024-03-01,Shop checkout"))

    found = verdict(acme, "new@correio.example")
    assert found.allowed
    assert found.record is not None
    assert found.record.given_at.date().isoformat() == "2024-03-01"
    assert found.record.source == "import"
    assert (found.record.evidence["origin"], found.record.evidence["file"]) == ("Shop checkout", "people.csv")
    assert found.record.evidence["line"] == 2


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("new@correio.example,yes,,Shop checkout", "date"),
        ("new@correio.example,yes,2024-03-01,", "origin"),
        ("new@correio.example,yes,,", "the date it was given on, and an origin"),
        ("new@correio.example,perhaps,2024-03-01,Shop", "neither yes nor no"),
    ],
)
def test_a_yes_without_proof_stays_out_but_the_person_comes_in(
    alice: Member, acme: Tenant, row: str, words: str
) -> None:
    run = bring_in(alice, file(row))
    assert not verdict(acme, "new@correio.example").allowed
    assert records(acme) == []
    ((line, _column, reason),) = problems(alice, run)
    assert line == 2
    assert words in reason


def test_an_import_never_turns_a_no_into_a_yes(alice: Member, acme: Tenant, ana: Contact, newsletter: Purpose) -> None:
    with tenant_context(acme):
        services.withdraw(
            contact=ana, purpose=newsletter, source="one_click", evidence={"delivery": 1}, at=days_ago(300)
        )
    run = bring_in(alice, file("ana.prata@correio.example,yes,2026-06-01,Newer fair"))

    assert verdict(acme, "ana.prata@correio.example").reason == "withdrawn"
    assert "never turns that into consent" in problems(alice, run)[0][2]


def test_an_opt_out_wins_over_a_newer_yes(alice: Member, acme: Tenant, ana: Contact, newsletter: Purpose) -> None:
    with tenant_context(acme):
        services.grant(contact=ana, purpose=newsletter, source="form", evidence={"url": "x"}, at=days_ago(1))
    bring_in(alice, file("ana.prata@correio.example,no,2020-01-01,Old system"))
    assert verdict(acme, "ana.prata@correio.example").reason == "withdrawn"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_no_anywhere_in_the_file_wins(alice: Member, acme: Tenant, order: tuple[int, int]) -> None:
    rows = ["x@correio.example,yes,2024-03-01,Shop", "x@correio.example,no,,"]
    bring_in(alice, file(*(rows[place] for place in order)))
    assert not verdict(acme, "x@correio.example").allowed


def test_an_opt_out_column_speaks_for_itself(alice: Member, acme: Tenant) -> None:
    head = "Email,Newsletter,Opt-in date,Opt-in origin,Email Opt Out\n"
    bring_in(
        alice,
        file(
            "out@correio.example,yes,2024-03-01,Shop,true",
            "in@correio.example,yes,2024-03-01,Shop,false",
            head=head,
        ),
    )
    assert verdict(acme, "out@correio.example").reason == "withdrawn"
    assert verdict(acme, "in@correio.example").allowed


def test_the_dry_run_foresees_what_the_import_refuses(
    alice: Member, acme: Tenant, ana: Contact, newsletter: Purpose
) -> None:
    with tenant_context(acme):
        services.withdraw(contact=ana, purpose=newsletter, source="one_click", evidence={"delivery": 1})
    run = check(
        alice,
        begin(
            alice,
            file(
                "ana.prata@correio.example,yes,2024-03-01,Shop",
                "good@correio.example,yes,2024-03-01,Shop",
                "undated@correio.example,yes,,Shop",
            ),
        ),
    )
    foreseen, counted = problems(alice, run), run.counts["words"]
    assert [line for line, _column, _reason in foreseen] == [2, 4]
    assert len(records(acme)) == 1

    done = start(alice, run)
    assert (problems(alice, done), done.applied_counts["words"]) == (foreseen, counted)
    assert landed(done) == verdicts(run)


def test_the_same_file_twice_adds_no_answers(alice: Member, acme: Tenant) -> None:
    content = file("a@correio.example,yes,2024-03-01,Shop", "b@correio.example,no,,")
    bring_in(alice, content)
    before = len(records(acme))
    bring_in(alice, content)
    assert len(records(acme)) == before == 2


def test_empty_cells_say_nothing(alice: Member, acme: Tenant) -> None:
    bring_in(alice, file("a@correio.example,,,"))
    assert verdict(acme, "a@correio.example").reason == "never_asked"


@pytest.mark.parametrize(
    ("cell", "answer"),
    [("Yes", "yes"), ("TAK", "yes"), ("não", "no"), ("Sí", "yes"), ("oui", "yes"), ("Unsubscribed", "no"), ("0", "no")],
)
def test_answers_are_understood_in_five_languages(cell: str, answer: str) -> None:
    assert import_columns.parse_answer(cell) == answer


def test_other_words_are_not_guessed() -> None:
    with pytest.raises(ValidationError):
        import_columns.parse_answer("maybe later")


def test_each_purpose_brings_its_columns_and_contracts_none(in_acme: Tenant) -> None:
    keys = {column.key for column in import_columns.columns()}
    assert {"consent.newsletter.in", "consent.tracking.in"} <= keys
    assert not any(key.startswith("consent.service") for key in keys)


def test_existing_people_are_only_added_to(alice: Member, acme: Tenant, owner: object) -> None:
    with tenant_context(acme):
        create_contact(by=owner, name="Known", emails=["known@correio.example"])
    bring_in(alice, file("known@correio.example,yes,2024-03-01,Shop"))
    assert verdict(acme, "known@correio.example").allowed


def test_a_repeated_address_is_foreseen_as_it_lands(alice: Member, acme: Tenant) -> None:
    content = file(
        "x@correio.example,yes,2024-03-01,Shop", "y@correio.example,yes,2024-03-01,Shop", "x@correio.example,no,,"
    )
    run = check(alice, begin(alice, content))
    foreseen, counted = problems(alice, run), run.counts["words"]

    done = start(alice, run)
    assert (problems(alice, done), done.applied_counts["words"]) == (foreseen, counted)
    assert not verdict(acme, "x@correio.example").allowed
    assert verdict(acme, "y@correio.example").allowed
