"""The consent pages: figures, evidence, marks, and a cost that does not grow with the rows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consent import merging, panel, personal_data, purposes, rules, services, suppression
from consent.models import ConsentRecord, Purpose
from contacts.models import Contact
from contacts.services import create_contact
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant, User
from tests.cast import Member

Answer = Callable[..., ConsentRecord]


@pytest.fixture
def crowd(acme: Tenant, owner: User, newsletter: Purpose) -> Callable[[int], None]:
    def make(size: int) -> None:
        with tenant_context(acme):
            for _ in range(size):
                number = Contact.objects.count()
                person = create_contact(by=owner, name=f"P{number}", emails=[f"p{number}@correio.example"])
                services.grant(contact=person, purpose=newsletter, source="form", evidence={"url": "x"})
                suppression.suppress(address_norm=f"p{number}@correio.example", reason="hard_bounce")

    return make


@pytest.mark.parametrize("page", ["consent", "consent_ledger", "suppression"])
def test_a_page_costs_the_same_with_one_row_and_with_many(
    alice: Member, crowd: Callable[[int], None], page: str
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert alice.get(page).status_code == 200
        return len(queries)

    crowd(1)
    cost()
    one = cost()
    crowd(24)
    assert cost() == one


def test_the_figures_of_a_purpose(
    alice: Member, ana: Contact, newsletter: Purpose, answer: Answer, acme: Tenant, owner: User
) -> None:
    answer(ana, newsletter)
    with tenant_context(acme):
        other = create_contact(by=owner, name="Other")
    answer(other, newsletter)
    answer(other, newsletter, "withdrawn")
    page = alice.get("consent").content.decode()
    assert "State of 2 contacts" in page
    assert "Newsletter and offers by email: 50.0% granted, 50.0% withdrawn" in page


def test_the_ledger_leads_to_the_proof(alice: Member, ana: Contact, newsletter: Purpose, acme: Tenant) -> None:
    with tenant_context(acme):
        notice = purposes.current_notices(["pt"])[newsletter.pk]
        record = services.grant(
            contact=ana, purpose=newsletter, source="form", evidence={"ip": "203.0.113.9"}, notice=notice
        )
    assert f"EV-{record.pk}" in alice.get("consent_ledger").content.decode()
    page = alice.get("consent_record", record.pk).content.decode()
    assert notice.text in page
    assert "203.0.113.9" in page
    assert "unchanged since it was shown" in page


def test_the_ledger_can_be_narrowed(
    alice: Member, ana: Contact, newsletter: Purpose, answer: Answer, acme: Tenant
) -> None:
    with tenant_context(acme):
        tracking = Purpose.objects.get(key="tracking")
    first, second = answer(ana, newsletter), answer(ana, tracking)
    page = alice.get("consent_ledger", query={"purpose": tracking.pk}).content.decode()
    assert f"EV-{second.pk}" in page
    assert f"EV-{first.pk}" not in page
    assert alice.get("consent_ledger", query={"purpose": "x", "cursor": "rubbish"}).status_code == 200


def test_evidence_stays_inside_the_tenant(
    outsider: Member, charlie: Member, ana: Contact, newsletter: Purpose, answer: Answer
) -> None:
    record = answer(ana, newsletter)
    assert outsider.get("consent_record", record.pk).status_code == 404
    assert charlie.get("consent_record", record.pk).status_code == 404
    assert f"EV-{record.pk}" not in charlie.get("consent_ledger").content.decode()


def test_the_panel_shows_where_a_person_stands(
    alice: Member, ana: Contact, newsletter: Purpose, answer: Answer, acme: Tenant
) -> None:
    record = answer(ana, newsletter)
    page = alice.get("contact_page", ana.pk).content.decode()
    assert alice.url("consent_record", record.pk) in page
    assert f"EV-{record.pk}" in page
    assert alice.url("record_consent", ana.pk) in page
    with tenant_context(acme):
        suppression.suppress(address_norm="ana.prata@correio.example", reason="hard_bounce")
    assert "The main address is suppressed" in alice.get("contact_page", ana.pk).content.decode()


def test_the_list_marks_consent_by_purpose(alice: Member, ana: Contact, newsletter: Purpose, answer: Answer) -> None:
    answer(ana, newsletter)
    page = alice.get("contact_list").content.decode()
    assert "Newsletter and offers by email: yes" in page
    assert "Open and click tracking by email: never asked" in page


def test_a_mark_has_a_shape_and_a_word_for_every_answer(in_acme: Tenant) -> None:
    wording = purposes.catalogue(["en"])[0]
    drawn = {answer: str(panel.draw(wording, answer)) for answer in (None, *sorted(rules.ANSWERS))}
    assert len(set(drawn.values())) == len(drawn)
    assert 'class="mark none"' in drawn[None]
    assert 'class="mark yes"' in drawn["granted"]
    assert all('class="mark no"' in drawn[answer] for answer in ("withdrawn", "objected", "expired"))


def test_a_merge_keeps_the_stricter_side_and_can_be_undone(
    in_acme: Tenant, owner: User, ana: Contact, newsletter: Purpose
) -> None:
    tracking = Purpose.objects.get(key="tracking")
    twin = create_contact(by=owner, name="Ana P.")
    form = {"source": "form", "evidence": {"url": "x"}}
    services.grant(contact=ana, purpose=newsletter, **form)
    services.grant(contact=twin, purpose=newsletter, **form)
    services.withdraw(contact=twin, purpose=newsletter, **form)
    services.grant(contact=twin, purpose=tracking, **form)
    before = ConsentRecord.objects.filter(contact=twin).count()

    moved = merging.move(twin.pk, ana.pk)
    assert rules.may(ana, newsletter).reason == "withdrawn"
    assert rules.may(ana, tracking).allowed
    assert ConsentRecord.objects.filter(contact=twin).count() == before

    merging.undo(moved, twin.pk)
    assert rules.may(ana, newsletter).allowed
    assert not rules.may(ana, tracking).allowed


def test_a_merge_never_makes_consent_out_of_a_refusal(
    in_acme: Tenant, owner: User, ana: Contact, newsletter: Purpose
) -> None:
    twin = create_contact(by=owner, name="Ana P.")
    form = {"source": "form", "evidence": {"url": "x"}}
    services.withdraw(contact=ana, purpose=newsletter, **form)
    services.grant(contact=twin, purpose=newsletter, **form)
    assert merging.move(twin.pk, ana.pk) == []
    assert not rules.may(ana, newsletter).allowed


def test_every_personal_column_that_is_kept_says_why() -> None:
    kept = [column for column in personal_data.columns() if column.erasure == personal_data.Erasure.KEEP]
    assert kept
    assert all(column.why for column in kept)
    with pytest.raises(ValueError):
        personal_data.of_person(Contact, {"name": "Name"}, erasure=personal_data.Erasure.KEEP)
