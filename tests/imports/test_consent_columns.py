"""Opt-in columns become evidence; what they cannot prove stays out, and a no is always heard."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.utils import translation

from consent import export_columns, purposes
from consent.models import ConsentRecord
from contacts import import_columns
from contacts import services as contacts
from ecrm.tenancy.context import tenant_context
from tests.cast import Member
from tests.imports.files import begin, bring_in, check, problems, start

ANSWERS = """Email,Newsletter,Opt-in date,Opt-in source
ana@example.com,yes,2024-05-01,Fair in Porto
rui@example.com,yes,,
eva@example.com,no,,
"""


def answers_of(member: Member, address: str) -> list[tuple[str, date]]:
    with tenant_context(member.tenant):
        person = contacts.find_by_email(address)
        records = ConsentRecord.objects.filter(contact=person).order_by("pk")
        return [
            (record.action, record.given_at.astimezone(ZoneInfo(member.tenant.time_zone)).date()) for record in records
        ]


def test_a_yes_with_date_and_origin_becomes_evidence(alice: Member) -> None:
    bring_in(alice, ANSWERS)
    assert answers_of(alice, "ana@example.com") == [("granted", date(2024, 5, 1))]
    with tenant_context(alice.tenant):
        evidence = ConsentRecord.objects.get(action="granted").evidence
    assert evidence["origin"] == "Fair in Porto"
    assert evidence["line"] == 2


def test_a_yes_without_proof_stays_out_and_is_told_beforehand(alice: Member) -> None:
    run = check(alice, begin(alice, ANSWERS))
    foretold = problems(alice, run)
    assert [(line, column) for line, column, _reason in foretold] == [(3, "Newsletter")]
    run = start(alice, run)
    assert problems(alice, run) == foretold
    assert run.applied_counts["words"] == run.counts["words"]
    assert answers_of(alice, "rui@example.com") == []


def test_a_no_is_recorded_for_people_known_and_new(alice: Member) -> None:
    bring_in(alice, ANSWERS)
    assert [action for action, _on in answers_of(alice, "eva@example.com")] == ["withdrawn"]


def test_an_import_never_brings_back_who_has_left(alice: Member) -> None:
    bring_in(alice, "Email,Newsletter\nana@example.com,no\n")
    run = bring_in(alice, ANSWERS)
    assert [action for action, _on in answers_of(alice, "ana@example.com")] == ["withdrawn"]
    assert 2 in [line for line, _column, _reason in problems(alice, run)]


def test_a_repeated_row_is_heard_when_it_says_no(alice: Member) -> None:
    content = ANSWERS + "ANA@example.com,no,,\n"
    bring_in(alice, content)
    assert answers_of(alice, "ana@example.com")[-1][0] == "withdrawn"


def test_date_and_origin_can_be_said_once_for_all_rows(alice: Member) -> None:
    run = begin(alice, "Email,Newsletter\nana@example.com,yes\n")
    constants = {
        "constant-consent.newsletter.at": "2024-06-02",
        "constant-consent.newsletter.origin": "Fair in Faro",
    }
    start(alice, check(alice, run, **constants))
    assert answers_of(alice, "ana@example.com") == [("granted", date(2024, 6, 2))]


def test_a_wrong_date_for_all_rows_is_told_at_its_field(alice: Member) -> None:
    run = begin(alice, "Email,Newsletter\nana@example.com,yes\n")
    form = {
        "known": "fill",
        "day_first": "1",
        "match": "email",
        "decimal": ".",
        "column-0": "email",
        "constant-consent.newsletter.at": "next week",
    }
    response = alice.post("check_import", run.pk, form=form)
    assert response.status_code == 422
    assert "next week" in " ".join(response.context["constants"].errors["consent.newsletter.at"])


def test_what_a_yes_still_needs_is_asked_on_the_page_of_its_column(alice: Member) -> None:
    bare = begin(alice, "Email,Newsletter\nana@example.com,yes\n")
    assert '<details class="more" open>' in alice.get("check_import", bare.pk).content.decode()
    whole = begin(alice, ANSWERS)
    assert '<details class="more">' in alice.get("check_import", whole.pk).content.decode()


def test_an_opt_out_is_understood_as_a_state_and_as_a_day(alice: Member) -> None:
    """Exports say it with a yes, with "Unsubscribed", or with the day; all of them are a no."""
    said = {"yes": True, "Unsubscribed": True, "opted out": True, "2024-05-01 10:00:00": True, "1": True}
    agreed = {"no": False, "subscribed": False, "Active": False, "0": False, "": False}
    cells = list({**said, **agreed}.items())
    rows = "".join(f"p{number}@example.com,{cell}\n" for number, (cell, _is_no) in enumerate(cells))
    bring_in(alice, f"Email,Unsubscribed\n{rows}")
    for number, (cell, is_no) in enumerate(cells):
        actions = [action for action, _on in answers_of(alice, f"p{number}@example.com")]
        assert actions == (["withdrawn"] if is_no else []), cell


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_our_own_headers_are_known_in_every_language(alice: Member, language: str) -> None:
    """Exported by somebody who reads another language than whoever imports."""
    with tenant_context(alice.tenant), translation.override(language):
        labels = {key: str(column.label) for key, column in import_columns.columns().items()}
        labels |= export_columns.columns(alice.user.memberships.get(tenant=alice.tenant)).labels
    headers = [labels[f"consent.newsletter.{part}"] for part in ("in", "at", "origin")]
    content = f'Email,"{headers[0]}","{headers[1]}","{headers[2]}"\nana@example.com,yes,2024-05-01,Fair\n'
    run = begin(alice, content)
    assert [run.mapping.get(str(index)) for index in (1, 2, 3)] == [
        "consent.newsletter.in",
        "consent.newsletter.at",
        "consent.newsletter.origin",
    ]
    start(alice, check(alice, run))
    assert answers_of(alice, "ana@example.com") == [("granted", date(2024, 5, 1))]


def test_a_purpose_is_known_by_each_of_its_names(alice: Member) -> None:
    texts = {"en": ("Birthday greetings", ""), "pl": ("Życzenia urodzinowe", "")}
    with tenant_context(alice.tenant):
        purposes.create_purpose(
            key="birthday", channel="email", basis="consent", is_marketing=True, texts=texts, by=alice.user
        )
    run = begin(alice, "Email,życzenia urodzinowe,Życzenia urodzinowe opt in date\nana@example.com,tak,2024-05-01\n")
    assert (run.mapping["1"], run.mapping["2"]) == ("consent.birthday.in", "consent.birthday.at")
