"""Where each value of a person came from, and taking one back."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from contacts import provenance, services
from contacts.entries import AddressEntry, EmailEntry
from contacts.models import Company, Contact, ContactChange
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant, User
from tests.cast import Member
from tests.contacts.conftest import add, form_of, fresh


def test_who_is_new_came_with_everything(in_acme: Tenant, ines: Contact) -> None:
    assert provenance.of(ines.pk) == {}


def test_each_key_knows_its_last_change(in_acme: Tenant, owner: User, ines: Contact) -> None:
    services.edit_contact(contact=ines, by=owner, city="Braga", stage="customer")
    services.edit_contact(contact=ines, by=None, city="Porto", via="import", via_id=7)

    found = provenance.of(ines.pk)

    assert set(found) == {"city", "stage"}
    assert (found["city"].source_type, found["city"].source_id, found["city"].old) == ("import", 7, "Braga")
    assert (found["stage"].by_name, found["stage"].old) == (owner.name, "lead")


def test_an_edit_of_a_kind_is_no_change_of_value(in_acme: Tenant, owner: User, ines: Contact) -> None:
    changed = services.edit_contact(contact=ines, by=owner, emails=[EmailEntry(ines.emails.get().address, "work")])

    assert changed == ["emails"]
    assert not ContactChange.objects.exists()


def test_tags_of_many_keep_what_each_had(acme: Tenant, owner: User, ines: Contact) -> None:
    rui = add(acme, name="Rui")
    with tenant_context(acme):
        services.add_tags(contact_ids=[ines.pk, rui.pk], names=["press"], by=owner)
        services.remove_tags(contact_ids=[ines.pk, rui.pk], names=["VIP"], by=owner)

        kept = [(row.contact_id, *map(set, row.changes["tags"])) for row in ContactChange.objects.order_by("id")]
    assert sorted(kept[:2]) == sorted([(ines.pk, {"VIP"}, {"press", "VIP"}), (rui.pk, set(), {"press"})])
    assert kept[2:] == [(ines.pk, {"press", "VIP"}, {"press"})]


HOME = AddressEntry(street="Rua do Almada 212", postcode="4050-000", city="Porto", country="PT", kind="home")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"city": "Braga"}, {"city": "Porto"}),
        ({"stage": "customer"}, {"stage": "lapsed"}),
        ({"birthday": date(1990, 5, 17)}, {"birthday": None}),
        ({"company": "Acme Lda"}, {"company": None}),
        ({"emails": ["a@correio.example", "b@correio.example"]}, {"emails": ["b@correio.example"]}),
        ({"phones": ["+351 912 345 678", "+351 912 345 679"]}, {"phones": []}),
        ({"addresses": [HOME]}, {"addresses": []}),
        ({"tags": ["a", "b"]}, {"tags": ["c"]}),
    ],
    ids=lambda given: "/".join(given),
)
def test_a_value_comes_back(
    in_acme: Tenant, owner: User, ines: Contact, before: dict[str, Any], after: dict[str, Any]
) -> None:
    (key,) = before
    services.edit_contact(contact=ines, by=owner, **before)
    stood = said(ines)
    services.edit_contact(contact=ines, by=owner, **after)
    assert said(ines) != stood
    change = ContactChange.objects.latest("id")

    assert services.restore_value(contact=ines, change=change, key=key, by=owner)
    assert said(ines) == stood
    assert provenance.of(ines.pk)[key].source_type == "undo"
    assert not services.restore_value(contact=ines, change=change, key=key, by=owner)


def said(contact: Contact) -> dict[str, Any]:
    """Everything the services write about a person."""
    now = Contact.objects.get(pk=contact.pk)
    return {
        **{name: getattr(now, name) for name in ("name", "stage", "city", "birthday", "company_id", "owner_id")},
        "emails": list(now.emails.order_by("-is_primary", "id").values_list("address", "is_primary")),
        "phones": list(now.phones.order_by("-is_primary", "id").values_list("number", "is_primary")),
        "addresses": list(now.addresses.values_list("street", "postcode", "city", "country")),
        "tags": sorted(now.taggings.values_list("tag__name", flat=True)),
    }


def test_what_is_gone_cannot_come_back(acme: Tenant, owner: User, ines: Contact) -> None:
    with tenant_context(acme):
        services.edit_contact(contact=ines, by=owner, company="Acme Lda")
        services.edit_contact(contact=ines, by=owner, company=None, emails=[])
        change = ContactChange.objects.latest("id")
        services.bin_company(company=Company.objects.get(), by=owner)
    add(acme, name="Rui", emails=["ines.prata@correio.example"])
    with tenant_context(acme):
        for key in ("company", "emails"):
            with pytest.raises(ValidationError):
                services.restore_value(contact=ines, change=change, key=key, by=owner)


def test_the_page_marks_each_value_and_leads_to_its_changes(alice: Member, acme: Tenant, ines: Contact) -> None:
    with tenant_context(acme):
        services.edit_contact(contact=ines, by=alice.user, job_title="Buyer")
        services.edit_contact(contact=ines, by=alice.user, job_title="Head of buying")

    page = alice.get("contact_page", ines.pk).content.decode()
    assert "/changes/?key=job_title" in page
    assert "Before: Buyer" in page

    changes = alice.get("contact_changes", ines.pk, query={"key": "job_title"}).content.decode()
    assert "Head of buying" in changes


def test_a_click_takes_it_back_and_a_second_is_harmless(alice: Member, acme: Tenant, ines: Contact) -> None:
    with tenant_context(acme):
        services.edit_contact(contact=ines, by=alice.user, city="Braga")
        change = ContactChange.objects.get()
    posted = {"key": "city", "expected_updated_at": fresh(ines).updated_at.isoformat()}

    alice.post("restore_value", change.pk, form=posted)
    assert fresh(ines).city == ""
    alice.post("restore_value", change.pk, form=posted)
    assert fresh(ines).city == ""


@pytest.mark.parametrize("version", ["", "nonsense", "2020-01-01T00:00:00+00:00"])
def test_nothing_is_restored_over_somebody_elses_change(
    alice: Member, acme: Tenant, ines: Contact, version: str
) -> None:
    with tenant_context(acme):
        services.edit_contact(contact=ines, by=alice.user, city="Braga")
        change = ContactChange.objects.get()

    alice.post("restore_value", change.pk, form={"key": "city", "expected_updated_at": version})

    assert fresh(ines).city == "Braga"
    assert "Somebody changed this contact meanwhile" in alice.get("contact_changes", ines.pk).content.decode()


def test_who_may(vera: Member, charlie: Member, alice: Member, acme: Tenant, ines: Contact) -> None:
    with tenant_context(acme):
        services.edit_contact(contact=ines, by=alice.user, city="Braga")
        change = ContactChange.objects.get()
    assert vera.get("contact_changes", ines.pk).status_code == 200
    assert "Restore" not in vera.get("contact_changes", ines.pk).content.decode()
    assert vera.post("restore_value", change.pk, form={"key": "city"}).status_code == 403
    assert charlie.get("contact_changes", ines.pk).status_code == 404
    assert charlie.post("restore_value", change.pk, form={"key": "city"}).status_code == 404


def test_the_form_sets_what_is_verified_and_first(alice: Member, acme: Tenant, ines: Contact) -> None:
    with tenant_context(acme):
        services.edit_contact(contact=ines, by=alice.user, emails=["ines.prata@correio.example", "b@correio.example"])

    sent = form_of(alice, "edit_contact", ines.pk, **{"emails-1-is_verified": "on", "emails-primary": "1"})
    alice.post("edit_contact", ines.pk, form=sent)

    with tenant_context(acme):
        first = ines.emails.get(is_primary=True)
        assert first.address == "b@correio.example"
        assert first.verified_at is not None
        assert ines.emails.get(is_primary=False).verified_at is None
    sent = form_of(alice, "edit_contact", ines.pk, **{"emails-0-address": "c@correio.example"})
    alice.post("edit_contact", ines.pk, form=sent)
    with tenant_context(acme):
        assert ines.emails.get(address="c@correio.example").verified_at is None
