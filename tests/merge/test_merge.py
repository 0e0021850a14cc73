"""Two people become one and two again: what a person sees of it, through the services."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from cases.models import Case
from cases.services import open_case
from cases.services.hearing import Incoming
from consent import purposes, rules
from consent import services as consent
from consent.models import Source
from contacts import events, merged, services
from contacts.ingest import people
from contacts.merge.services import merge_contacts, undo_merge
from contacts.models import Contact, EmailAddress, Event
from ecrm.tenancy.models import Tenant
from tests.contacts.conftest import add, fresh


@pytest.fixture
def ana(acme: Tenant) -> Contact:
    return add(acme, name="Ana Prata", emails=["ana@x.example"], city="Porto", tags=["VIP"])


@pytest.fixture
def twin(acme: Tenant) -> Contact:
    return add(acme, name="Anna Prata", emails=["anna@work.example"], phones=["912345678"], job_title="Baker")


def test_the_winner_has_both_sides_and_the_loser_fills_what_is_empty(
    in_acme: Tenant, ana: Contact, twin: Contact
) -> None:
    merge_contacts(winner=ana, loser=twin, by=None)

    person = fresh(ana)
    assert (person.name, person.city, person.job_title) == ("Ana Prata", "Porto", "Baker")
    assert {row.address for row in person.emails.all()} == {"ana@x.example", "anna@work.example"}
    assert [row.address for row in person.emails.filter(is_primary=True)] == ["ana@x.example"]
    assert person.phones.get().is_primary
    assert fresh(twin).binned_at is not None
    assert merged.survivor_id(twin.pk) == ana.pk
    assert services.find_by_email("anna@work.example") == ana


def test_a_choice_for_each_field(in_acme: Tenant, ana: Contact, twin: Contact) -> None:
    chosen = {"name": twin.pk, "city": twin.pk, "email": twin.pk}
    merge = merge_contacts(winner=ana, loser=twin, by=None, choices=chosen)

    person = fresh(ana)
    assert (person.name, person.city) == ("Anna Prata", "")
    assert person.emails.get(is_primary=True).address == "anna@work.example"

    undo_merge(merge=merge, by=None)
    assert (fresh(ana).name, fresh(ana).city) == ("Ana Prata", "Porto")
    assert fresh(ana).emails.get(is_primary=True).address == "ana@x.example"
    assert fresh(twin).emails.get(is_primary=True).address == "anna@work.example"


def test_undo_leaves_what_somebody_changed_since(in_acme: Tenant, ana: Contact, twin: Contact) -> None:
    merge = merge_contacts(winner=ana, loser=twin, by=None)
    services.edit_contact(contact=fresh(ana), by=None, city="Braga", job_title="Owner")

    undo_merge(merge=merge, by=None)
    assert (fresh(ana).city, fresh(ana).job_title) == ("Braga", "Owner")
    assert fresh(twin).job_title == "Baker"
    assert not undo_merge(merge=merge, by=None), "a second click changes nothing"


def test_what_is_told_of_the_loser_meanwhile_goes_back(in_acme: Tenant, ana: Contact, twin: Contact) -> None:
    merge = merge_contacts(winner=ana, loser=twin, by=None)
    events.record("page.viewed", contact=twin, properties={"path": "/old-link"})
    found = people.by_email({"anna@work.example"})["anna@work.example"]
    events.record_many([events.NewEvent("order.placed", found.contact_id)])
    events.record("form.submitted", contact=ana)
    assert {"page.viewed", "order.placed", "form.submitted"} <= _names(ana)

    undo_merge(merge=merge, by=None)
    assert {"page.viewed", "order.placed"} <= _names(twin)
    assert "form.submitted" in _names(ana)
    assert not {"page.viewed", "order.placed"} & _names(ana)
    assert fresh(twin).last_active_at is not None


def test_a_case_from_the_losers_address_goes_back_with_its_history(
    in_acme: Tenant, ana: Contact, twin: Contact
) -> None:
    mine = open_case(contact=twin, subject="Before")
    merge = merge_contacts(winner=ana, loser=twin, by=None)
    assert Case.objects.get(pk=mine.pk).contact_id == ana.pk
    wrote = Incoming(text="Hello", contact=ana, sender_address="Anna@work.example", at=timezone.now())
    later = open_case(contact=ana, subject="Since", message=wrote, at=timezone.now())
    winners = open_case(contact=ana, subject="The winner's")

    undo_merge(merge=merge, by=None)
    assert {case.subject for case in Case.objects.filter(contact=twin)} == {"Before", "Since"}
    assert Case.objects.get(pk=winners.pk).contact_id == ana.pk
    opened = Event.objects.filter(name="case.opened", contact_id=twin.pk).values_list("object_id", flat=True)
    assert set(opened) == {mine.pk, later.pk}


def test_a_no_counts_for_both_and_a_yes_only_for_who_gave_it(in_acme: Tenant, ana: Contact, twin: Contact) -> None:
    purpose = purposes.by_key("newsletter")
    assert purpose is not None
    evidence = {"origin": "Shop counter"}
    consent.grant(contact=ana, purpose=purpose, source=Source.STAFF, evidence=evidence)
    merge = merge_contacts(winner=ana, loser=twin, by=None)

    consent.withdraw(contact=twin, purpose=purpose, source=Source.PREFERENCES, evidence={})
    assert not rules.may(ana, purpose).allowed, "an old mail's link speaks for whoever stands for its reader"

    undo_merge(merge=merge, by=None)
    assert not rules.may(twin, purpose).allowed
    assert rules.may(ana, purpose).allowed, "the no came through the loser's own link"


def test_merges_in_a_row_are_taken_back_from_the_last(in_acme: Tenant, ana: Contact, twin: Contact) -> None:
    third = add(in_acme, name="A. Prata", emails=["a.p@z.example"])
    first = merge_contacts(winner=ana, loser=twin, by=None)
    second = merge_contacts(winner=third, loser=fresh(ana), by=None)
    assert merged.survivor_id(twin.pk) == third.pk
    events.record("page.viewed", contact=twin)

    with pytest.raises(ValidationError, match="Undo that merge first"):
        undo_merge(merge=first, by=None)
    undo_merge(merge=second, by=None)
    assert merged.survivor_id(twin.pk) == ana.pk
    assert "page.viewed" in _names(ana)
    undo_merge(merge=first, by=None)
    assert "page.viewed" in _names(twin)
    assert EmailAddress.objects.get(address_norm="anna@work.example").contact_id == twin.pk


def test_nobody_merges_with_themselves_or_with_the_bin(in_acme: Tenant, ana: Contact, twin: Contact) -> None:
    with pytest.raises(ValidationError):
        merge_contacts(winner=ana, loser=ana, by=None)
    services.bin_contact(contact=twin, by=None)
    with pytest.raises(ValidationError):
        merge_contacts(winner=ana, loser=twin, by=None)


def test_activity_moves_with_the_history(in_acme: Tenant, ana: Contact, twin: Contact) -> None:
    at = timezone.now() - timedelta(days=3)
    events.record("page.viewed", contact=twin, at=at)
    merge = merge_contacts(winner=fresh(ana), loser=fresh(twin), by=None)
    assert fresh(ana).last_active_at == at
    undo_merge(merge=merge, by=None)
    assert fresh(ana).last_active_at is None
    assert fresh(twin).last_active_at == at


def _names(contact: Contact) -> set[str]:
    return set(Event.objects.filter(contact_id=contact.pk).values_list("name", flat=True))
