"""Staff write down what a person told them, with its origin."""

from __future__ import annotations

import pytest

from consent import rules
from consent.models import ConsentRecord, Purpose
from contacts.models import Contact
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.cast import Member


def said(purpose: Purpose, action: str = "granted", **fields: str) -> dict[str, str]:
    return {"purpose": str(purpose.pk), "action": action, "origin": "Card at the Porto fair", **fields}


def test_alice_records_a_yes(alice: Member, acme: Tenant, ana: Contact, newsletter: Purpose) -> None:
    assert alice.get("record_consent", ana.pk).status_code == 200
    answer = alice.post("record_consent", ana.pk, form=said(newsletter))
    assert answer["Location"] == alice.url("contact_page", ana.pk)
    with tenant_context(acme):
        record = rules.may(ana, newsletter).record
    assert record is not None
    assert (record.source, record.recorded_by_id) == ("staff", alice.user.pk)
    assert record.evidence["origin"] == "Card at the Porto fair"


def test_a_second_click_is_harmless(alice: Member, acme: Tenant, ana: Contact, newsletter: Purpose) -> None:
    for _ in range(2):
        assert alice.post("record_consent", ana.pk, form=said(newsletter, "withdrawn")).status_code == 302
    with tenant_context(acme):
        assert ConsentRecord.objects.count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "  "},
        {"purpose": "999999"},
        {"action": "expired"},
        {"given_at": "2199-01-01T10:00"},
        {"given_at": "yesterday"},
    ],
)
def test_what_is_missing_is_said_at_its_field(
    alice: Member, acme: Tenant, ana: Contact, newsletter: Purpose, wrong: dict[str, str]
) -> None:
    answer = alice.post("record_consent", ana.pk, form={**said(newsletter), **wrong})
    assert answer.status_code == 422
    assert f'id="id_{next(iter(wrong))}_error"' in answer.content.decode()
    with tenant_context(acme):
        assert not ConsentRecord.objects.exists()


def test_an_earlier_day_can_be_given(alice: Member, acme: Tenant, ana: Contact, newsletter: Purpose) -> None:
    alice.post("record_consent", ana.pk, form=said(newsletter, given_at="2025-03-01T10:00"))
    with tenant_context(acme):
        assert ConsentRecord.objects.get().given_at.year == 2025


def test_who_may_record(
    bob: Member, vera: Member, outsider: Member, acme: Tenant, ana: Contact, newsletter: Purpose
) -> None:
    assert vera.post("record_consent", ana.pk, form=said(newsletter)).status_code == 403
    assert outsider.post("record_consent", ana.pk, form=said(newsletter)).status_code == 404
    with tenant_context(acme):
        assert not ConsentRecord.objects.exists()
    assert bob.post("record_consent", ana.pk, form=said(newsletter)).status_code == 302


def test_the_purpose_of_another_tenant_is_no_choice(alice: Member, acme: Tenant, globex: Tenant, ana: Contact) -> None:
    with tenant_context(globex):
        theirs = Purpose.objects.get(key="newsletter")
    assert alice.post("record_consent", ana.pk, form=said(theirs)).status_code == 422


def test_the_preview_shows_the_page_and_cannot_be_used(
    alice: Member, acme: Tenant, ana: Contact, newsletter: Purpose
) -> None:
    page = alice.get("preview_preferences", ana.pk).content.decode()
    assert "<fieldset" in page
    assert "disabled" in page
    assert "/p/preferences/" not in page
    assert alice.post("preview_preferences", ana.pk, form={"all": "off"}).status_code == 405
