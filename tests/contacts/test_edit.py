"""Changing a person, alone and at the same time as somebody else."""

from __future__ import annotations

import pytest

from contacts import services
from contacts.entries import AddressEntry, EmailEntry
from contacts.models import Contact, Event
from ecrm.audit.models import AuditEntry
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant, User
from tests.cast import Member
from tests.contacts.conftest import form_of, fresh, told


def test_only_what_differs_is_told(in_acme: Tenant, owner: User, ines: Contact) -> None:
    changed = services.edit_contact(contact=ines, by=owner, stage="customer", country="PT", tags=["vip", "Press"])

    assert sorted(changed) == ["stage", "tags"]
    event = Event.objects.get(name="contact.changed")
    assert event.properties == {"fields": ["tags"]}
    assert Event.objects.get(name="contact.stage_changed").properties == {"from": "lead", "to": "customer"}
    assert AuditEntry.objects.get(action="contact.changed").fields == ["stage", "tags"]


def test_the_same_again_changes_nothing(in_acme: Tenant, owner: User, ines: Contact) -> None:
    before = fresh(ines)

    changed = services.edit_contact(
        contact=ines, by=owner, name="Inês Prata", emails=["ines.prata@correio.example"], tags=["VIP"]
    )

    assert changed == []
    assert fresh(ines).updated_at == before.updated_at
    assert "contact.changed" not in told(ines)


def test_a_composed_name_follows_its_parts_and_a_chosen_one_stays(in_acme: Tenant, owner: User, ines: Contact) -> None:
    services.edit_contact(contact=ines, by=owner, family_name="Mendes")
    assert fresh(ines).name == "Inês Mendes"

    services.edit_contact(contact=ines, by=owner, name="Dona Inês")
    services.edit_contact(contact=ines, by=owner, family_name="Prata")
    assert fresh(ines).name == "Dona Inês"


def test_rows_that_stay_keep_their_identity(in_acme: Tenant, owner: User, ines: Contact) -> None:
    first = ines.emails.get()

    services.edit_contact(
        contact=ines, by=owner, emails=[EmailEntry("new@correio.example"), EmailEntry(first.address, "work")]
    )

    rows = {row.address_norm: row for row in ines.emails.all()}
    assert rows["new@correio.example"].is_primary
    assert rows[first.address_norm].pk == first.pk
    assert (rows[first.address_norm].is_primary, rows[first.address_norm].kind) == (False, "work")

    services.edit_contact(contact=ines, by=owner, emails=[first.address])
    assert ines.emails.get().pk == first.pk
    assert ines.emails.get().is_primary


def test_postal_addresses_come_and_go(in_acme: Tenant, owner: User, ines: Contact) -> None:
    home = AddressEntry(street="Rua do Almada 212", postcode="4050-000", city="Porto", country="pt")

    assert services.edit_contact(contact=ines, by=owner, addresses=[home]) == ["addresses"]
    assert services.edit_contact(contact=ines, by=owner, addresses=[home]) == []
    assert services.edit_contact(contact=ines, by=owner, addresses=[]) == ["addresses"]
    assert not ines.addresses.exists()


def test_a_stale_version_is_refused(in_acme: Tenant, owner: User, ines: Contact) -> None:
    seen_at = fresh(ines).updated_at
    services.edit_contact(contact=ines, by=owner, stage="customer")

    with pytest.raises(services.StaleContact) as refused:
        services.edit_contact(contact=ines, by=owner, expected_updated_at=seen_at, stage="lapsed")

    assert refused.value.current.stage == "customer"
    assert fresh(ines).stage == "customer"


def test_the_form_saves(alice: Member, ines: Contact) -> None:
    filled = form_of(alice, "edit_contact", ines.pk, stage="customer", city="Faro")

    answer = alice.post("edit_contact", ines.pk, form=filled)

    assert answer.url == alice.url("contact_page", ines.pk)
    assert (fresh(ines).stage, fresh(ines).city) == ("customer", "Faro")
    assert told(ines).count("contact.changed") == 1


def test_the_form_sent_untouched_changes_nothing(alice: Member, ines: Contact) -> None:
    alice.post("edit_contact", ines.pk, form=form_of(alice, "edit_contact", ines.pk))

    assert "contact.changed" not in told(ines)


def test_two_editors_see_both_versions_and_lose_nothing(alice: Member, bob: Member, ines: Contact) -> None:
    alices = form_of(alice, "edit_contact", ines.pk, city="Porto", **{"emails-0-address": "alice@correio.example"})
    bob.post("edit_contact", ines.pk, form=form_of(bob, "edit_contact", ines.pk, city="Faro", stage="customer"))

    conflict = alice.post("edit_contact", ines.pk, form=alices)

    assert conflict.status_code == 422
    shown = {(str(one.label), one.saved, one.yours) for one in conflict.context["differences"]}
    assert ("City", "Faro", "Porto") in shown
    assert ("Stage", "Customer", "Lead") in shown
    assert ("Emails", "ines.prata@correio.example", "alice@correio.example") in shown
    assert fresh(ines).city == "Faro"
    page = conflict.content.decode()
    assert 'value="Porto"' in page
    assert 'value="alice@correio.example"' in page

    again = {**alices, "expected_updated_at": conflict.context["expected_updated_at"], "stage": "customer"}
    assert alice.post("edit_contact", ines.pk, form=again).status_code == 302
    assert (fresh(ines).city, fresh(ines).stage) == ("Porto", "customer")


def test_a_mistake_after_a_conflict_does_not_hide_the_conflict(alice: Member, bob: Member, ines: Contact) -> None:
    alices = form_of(alice, "edit_contact", ines.pk, city="Porto", **{"emails-0-address": "nobody"})
    bob.post("edit_contact", ines.pk, form=form_of(bob, "edit_contact", ines.pk, city="Faro"))

    alice.post("edit_contact", ines.pk, form=alices)
    alices["emails-0-address"] = "ines.prata@correio.example"

    assert alice.post("edit_contact", ines.pk, form=alices).status_code == 422
    assert fresh(ines).city == "Faro"


def test_garbage_for_a_version_saves_nothing_by_accident(alice: Member, ines: Contact) -> None:
    filled = form_of(alice, "edit_contact", ines.pk, city="Faro", expected_updated_at="yesterday")

    assert alice.post("edit_contact", ines.pk, form=filled).status_code == 422
    assert fresh(ines).city == ""


def test_who_may(vera: Member, outsider: Member, charlie: Member, ines: Contact) -> None:
    assert vera.get("edit_contact", ines.pk).status_code == 403
    assert vera.post("edit_contact", ines.pk, form={"name": "X"}).status_code == 403
    assert outsider.get("edit_contact", ines.pk).status_code == 404
    assert charlie.get("edit_contact", ines.pk).status_code == 404
    assert charlie.post("edit_contact", ines.pk, form={"name": "X"}).status_code == 404
    assert fresh(ines).name == "Inês Prata"


def test_sellers_do_not_reach_other_sellers_people(sam: Member, alice: Member, ines: Contact) -> None:
    assert sam.get("edit_contact", ines.pk).status_code == 200
    with tenant_context(sam.tenant):
        services.edit_contact(contact=ines, by=alice.user, owner=alice.user)

    assert sam.get("edit_contact", ines.pk).status_code == 404
    assert sam.get("contact_page", ines.pk).status_code == 404
