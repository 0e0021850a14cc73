"""The merge page: side by side, a choice for each field, and the way back."""

from __future__ import annotations

import pytest

from contacts import services
from contacts.merge.services import merge_contacts
from contacts.models import Contact, DuplicatePair, Merge
from ecrm.tenancy.models import Tenant
from tests.cast import Member
from tests.contacts.conftest import add, fresh


@pytest.fixture
def ana(acme: Tenant) -> Contact:
    return add(acme, name="Ana Prata", emails=["ana@x.example"], city="Porto")


@pytest.fixture
def twin(acme: Tenant) -> Contact:
    return add(acme, name="Anna Prata", emails=["anna@work.example"])


def test_alice_chooses_merges_and_takes_it_back(alice: Member, in_acme: Tenant, ana: Contact, twin: Contact) -> None:
    page = alice.get("merge_contact", ana.pk, twin.pk).content.decode()
    assert "Ana Prata" in page
    assert "anna@work.example" in page

    chosen = alice.post("merge_contact", ana.pk, twin.pk, form={"name": str(twin.pk), "city": "nonsense"})
    assert chosen["Location"] == alice.url("contact_page", ana.pk)
    assert (fresh(ana).name, fresh(ana).city) == ("Anna Prata", "Porto")

    moved_on = alice.get("contact_page", twin.pk)
    assert moved_on["Location"] == alice.url("contact_page", ana.pk), "an old link leads to who stands for them"
    assert "Anna Prata" in alice.get("choose_merge", ana.pk).content.decode()
    assert not list(alice.get("binned_contacts").context["binned"])

    merge = Merge.objects.get()
    assert alice.post("undo_merge", merge.pk).status_code == 302
    assert fresh(ana).name == "Ana Prata"
    assert fresh(twin).binned_at is None
    assert alice.post("undo_merge", merge.pk).status_code == 302, "a second click is harmless"


def test_the_other_one_is_found_by_search(alice: Member, ana: Contact, twin: Contact) -> None:
    part = alice.get("choose_merge", ana.pk, query={"q": "prata"}, htmx=True).content.decode()
    assert alice.url("merge_contact", ana.pk, twin.pk) in part
    assert alice.url("merge_contact", ana.pk, ana.pk) not in part


def test_whom_the_search_for_duplicates_found_is_offered_and_may_be_told_apart(
    alice: Member, in_acme: Tenant, ana: Contact, twin: Contact
) -> None:
    pair = DuplicatePair.objects.create(first=ana, second=twin, score=77, reasons=["phone"])
    offered = alice.get("choose_merge", ana.pk).content.decode()
    assert alice.url("merge_contact", ana.pk, twin.pk) in offered
    assert "same phone number" in offered
    assert alice.url("dismiss_pair", pair.pk) in alice.get("merge_contact", ana.pk, twin.pk).content.decode()

    alice.post("dismiss_pair", pair.pk)
    assert alice.url("merge_contact", ana.pk, twin.pk) not in alice.get("choose_merge", ana.pk).content.decode()
    assert alice.url("dismiss_pair", pair.pk) not in alice.get("merge_contact", ana.pk, twin.pk).content.decode()


def test_who_may_not_edit_may_not_merge(
    vera: Member, outsider: Member, in_acme: Tenant, ana: Contact, twin: Contact
) -> None:
    assert vera.post("merge_contact", ana.pk, twin.pk).status_code == 403
    assert outsider.post("merge_contact", ana.pk, twin.pk).status_code == 404
    merge = merge_contacts(winner=ana, loser=twin, by=None)
    assert vera.post("undo_merge", merge.pk).status_code == 403
    assert outsider.post("undo_merge", merge.pk).status_code == 404


def test_a_page_of_one_person_twice_or_of_the_bin_is_not_there(
    alice: Member, in_acme: Tenant, ana: Contact, twin: Contact
) -> None:
    assert alice.get("merge_contact", ana.pk, ana.pk).status_code == 404
    services.bin_contact(contact=twin, by=None)
    assert alice.get("merge_contact", ana.pk, twin.pk).status_code == 404


def test_a_page_left_open_leads_to_who_is_kept(alice: Member, in_acme: Tenant, ana: Contact, twin: Contact) -> None:
    merge_contacts(winner=ana, loser=twin, by=None)
    for answer in (
        alice.get("merge_contact", ana.pk, twin.pk),
        alice.post("merge_contact", ana.pk, twin.pk),
        alice.post("merge_contact", twin.pk, ana.pk),
    ):
        assert answer["Location"] == alice.url("contact_page", ana.pk)
    page = alice.get("contact_page", ana.pk).content.decode()
    assert "Anna Prata was merged into Ana Prata already" in page
    assert Merge.objects.count() == 1
