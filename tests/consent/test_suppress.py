"""Addresses nobody may write to: blocked, checked, lifted with a reason."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from consent import rules, services, suppression
from consent.models import Purpose, Suppression
from contacts.models import Contact, DirtyContact, EmailAddress
from contacts.services import create_contact
from ecrm.audit.models import AuditEntry
from ecrm.mail.addresses import normalise
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant, User
from tests.cast import Member

ANA = "ana.prata@correio.example"


def test_a_blocked_address_is_known_by_its_hash_alone(in_acme: Tenant) -> None:
    suppression.suppress(address_norm=ANA, reason="hard_bounce")

    row = Suppression.objects.values().get()
    assert ANA.encode() not in bytes(row["address_hash"])
    assert ANA not in str(row)
    assert suppression.is_suppressed(address_norm=ANA)
    assert not suppression.is_suppressed(address_norm="other@correio.example")


def test_spelling_makes_no_difference(in_acme: Tenant) -> None:
    suppression.suppress(address_norm=normalise(" Ana.Prata@CORREIO.example "), reason="manual")
    assert suppression.is_suppressed(address_norm=ANA)


def test_the_first_reason_stands(in_acme: Tenant) -> None:
    first = suppression.suppress(address_norm=ANA, reason="complaint")
    assert suppression.suppress(address_norm=ANA, reason="hard_bounce") == first
    assert Suppression.objects.get().reason == "complaint"


def test_a_block_belongs_to_one_tenant(acme: Tenant, globex: Tenant) -> None:
    with tenant_context(acme):
        suppression.suppress(address_norm=ANA, reason="manual")
    with tenant_context(globex):
        assert not suppression.is_suppressed(address_norm=ANA)


def test_a_block_takes_the_address_out_and_leaves_consent_alone(
    in_acme: Tenant, ana: Contact, newsletter: Purpose
) -> None:
    services.grant(contact=ana, purpose=newsletter, source="form", evidence={"url": "x"})
    suppression.suppress(address_norm=ANA, reason="hard_bounce")

    assert rules.may(ana, newsletter).allowed
    assert not EmailAddress.objects.filter(~rules.suppressed()).exists()


def test_a_new_main_address_is_judged_on_its_own(in_acme: Tenant, owner: User) -> None:
    person = create_contact(by=owner, name="Two", emails=["old@correio.example", "new@correio.example"])
    suppression.suppress(address_norm="old@correio.example", reason="hard_bounce")

    free = EmailAddress.objects.filter(~rules.suppressed(), contact=person)
    assert [address.address for address in free] == ["new@correio.example"]


def test_many_bounces_cost_one_statement_and_mark_the_people(in_acme: Tenant, ana: Contact) -> None:
    DirtyContact.objects.all().delete()
    hashes = [bytes(EmailAddress.objects.get(contact=ana).address_hash), b"1" * 32]
    suppression.suppress_many([*hashes, *hashes], reason="hard_bounce")
    suppression.suppress_many(hashes, reason="hard_bounce")

    assert Suppression.objects.count() == 2
    assert set(DirtyContact.objects.values_list("contact_id", flat=True)) == {ana.pk}


def test_lifting_needs_a_reason_and_works_once(in_acme: Tenant, owner: User) -> None:
    blocked = suppression.suppress(address_norm=ANA, reason="hard_bounce")
    with pytest.raises(ValidationError):
        suppression.lift(suppression=blocked, by=owner, reason="  ")

    assert suppression.lift(suppression=blocked, by=owner, reason="Mailbox is back")
    assert not suppression.lift(suppression=blocked, by=owner, reason="Again")
    assert not suppression.is_suppressed(address_norm=ANA)
    assert list(AuditEntry.objects.filter(action="suppression.lifted").values_list("reason", flat=True)) == [
        "Mailbox is back"
    ]


def test_a_lifted_address_can_be_blocked_again(in_acme: Tenant, owner: User) -> None:
    blocked = suppression.suppress(address_norm=ANA, reason="hard_bounce")
    suppression.lift(suppression=blocked, by=owner, reason="Mailbox is back")
    assert suppression.suppress(address_norm=ANA, reason="hard_bounce") != blocked
    assert suppression.is_suppressed(address_norm=ANA)


def test_nobody_lifts_the_block_of_an_erased_person(in_acme: Tenant, owner: User) -> None:
    blocked = suppression.suppress(address_norm=ANA, reason="erased")
    with pytest.raises(ValidationError):
        suppression.lift(suppression=blocked, by=owner, reason="They asked")
    assert suppression.is_suppressed(address_norm=ANA)


def test_staff_check_one_address(alice: Member, vera: Member, acme: Tenant, ana: Contact) -> None:
    with tenant_context(acme):
        suppression.suppress(address_norm=ANA, reason="hard_bounce")

    page = vera.post("check_address", form={"address": " ANA.PRATA@correio.example"}).content.decode()
    assert "Nobody can write to ana.prata@correio.example: Address does not exist." in page
    page = vera.post("check_address", form={"address": "free@correio.example"}).content.decode()
    assert "free@correio.example is not suppressed." in page
    answer = vera.post("check_address", form={"address": "no address"})
    assert answer.status_code == 422
    assert "exactly one @" in answer.content.decode()


def test_alice_blocks_and_lifts_on_the_pages(alice: Member, acme: Tenant) -> None:
    answer = alice.post("suppress_address", form={"address": "gone@correio.example", "note": "Asked on the phone"})
    assert answer.status_code == 302
    with tenant_context(acme):
        blocked = Suppression.objects.get()
        assert (blocked.reason, blocked.note) == ("manual", "Asked on the phone")

    assert alice.post("lift_suppression", blocked.pk, form={"reason": ""}).status_code == 422
    assert alice.post("lift_suppression", blocked.pk, form={"reason": "They are back"}).status_code == 302
    again = alice.post("lift_suppression", blocked.pk, form={"reason": "They are back"})
    assert again.status_code == 302
    with tenant_context(acme):
        assert Suppression.objects.get().lifted_at is not None


def test_who_may_block(vera: Member, bob: Member, outsider: Member, alice: Member, acme: Tenant) -> None:
    with tenant_context(acme):
        blocked = suppression.suppress(address_norm=ANA, reason="manual")
    for member, status in ((vera, 403), (bob, 403), (outsider, 404)):
        assert member.post("suppress_address", form={"address": ANA, "note": "x"}).status_code == status
        assert member.post("lift_suppression", blocked.pk, form={"reason": "x"}).status_code == status
    with tenant_context(acme):
        assert Suppression.objects.get().lifted_at is None
