"""Taking people out of the bin, also when their address has gone to somebody else."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from contacts import services
from contacts.models import Contact
from ecrm.tenancy.models import Tenant, User
from tests.cast import Member
from tests.contacts.conftest import add, fresh, told


def test_everything_is_back(in_acme: Tenant, owner: User, ines: Contact) -> None:
    services.bin_contact(contact=ines, by=owner)

    assert services.restore_contact(contact=ines, by=owner)

    assert services.find_by_email("ines.prata@correio.example") == ines
    assert told(ines)[-2:] == ["contact.binned", "contact.restored"]


def test_a_second_time_is_harmless(in_acme: Tenant, owner: User, ines: Contact) -> None:
    services.bin_contact(contact=ines, by=owner)
    services.restore_contact(contact=ines, by=owner)

    assert not services.restore_contact(contact=ines, by=owner)
    assert told(ines).count("contact.restored") == 1


def test_a_given_away_address_is_named_and_nothing_happens(in_acme: Tenant, owner: User, ines: Contact) -> None:
    services.bin_contact(contact=ines, by=owner)
    add(in_acme, name="Twin", emails=["ines.prata@correio.example"])

    with pytest.raises(ValidationError, match="Twin"):
        services.restore_contact(contact=ines, by=owner)

    assert fresh(ines).binned_at is not None
    assert "contact.restored" not in told(ines)


def test_of_many_only_the_blocked_one_stays(in_acme: Tenant, owner: User, ines: Contact) -> None:
    other = add(in_acme, name="Other", emails=["other@correio.example"])
    services.bin_contacts(contact_ids=[ines.pk, other.pk], by=owner)
    add(in_acme, name="Twin", emails=["ines.prata@correio.example"])

    assert services.restore_contacts(contact_ids=[ines.pk, other.pk], by=owner) == 1

    assert fresh(other).binned_at is None
    assert fresh(ines).binned_at is not None


def test_the_bin_page_lists_and_restores(alice: Member, ines: Contact) -> None:
    alice.post("bin_contact", ines.pk)
    page = alice.get("binned_contacts").content.decode()
    assert "Inês Prata" in page

    answer = alice.post("restore_contact", ines.pk)

    assert answer.url == alice.url("contact_page", ines.pk)
    assert "The bin is empty" in alice.get("binned_contacts").content.decode()


def test_the_page_says_why_it_cannot(alice: Member, acme: Tenant, ines: Contact) -> None:
    alice.post("bin_contact", ines.pk)
    add(acme, name="Twin", emails=["ines.prata@correio.example"])

    answer = alice.post("restore_contact", ines.pk)

    assert "belongs to another contact now (Twin)" in alice.client.get(answer.url).content.decode()
    assert fresh(ines).binned_at is not None


def test_who_may(alice: Member, vera: Member, charlie: Member, ines: Contact) -> None:
    alice.post("bin_contact", ines.pk)

    assert vera.post("restore_contact", ines.pk).status_code == 403
    assert vera.get("binned_contacts").status_code == 403
    assert charlie.post("restore_contact", ines.pk).status_code == 404
    assert fresh(ines).binned_at is not None
