"""Putting people in the bin, one and many."""

from __future__ import annotations

import pytest

from contacts import services
from contacts.models import BulkRun, Contact
from ecrm.audit.models import AuditEntry
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant, User
from tests.cast import Member
from tests.contacts.conftest import add, fresh, told


def test_the_bin_frees_the_address(in_acme: Tenant, owner: User, ines: Contact) -> None:
    services.bin_contact(contact=ines, by=owner)

    assert services.find_by_email("ines.prata@correio.example") is None
    twin = services.create_contact(by=owner, name="Twin", emails=["ines.prata@correio.example"])
    assert services.find_by_email("ines.prata@correio.example") == twin


def test_a_click_bins_and_a_second_is_harmless(alice: Member, ines: Contact) -> None:
    first = alice.post("bin_contact", ines.pk)
    again = alice.post("bin_contact", ines.pk)

    assert (first.status_code, again.status_code) == (302, 302)
    assert fresh(ines).binned_at is not None
    assert told(ines).count("contact.binned") == 1
    assert "Inês" not in alice.get("contact_list", query={"q": "ines"}).content.decode().split("data-toast")[0]


def test_the_toast_undoes_it(alice: Member, ines: Contact) -> None:
    answer = alice.post("bin_contact", ines.pk)
    page = alice.client.get(answer.url).content.decode()
    undo = alice.url("restore_contact", ines.pk)
    assert f'action="{undo}"' in page

    alice.client.post(undo)

    assert fresh(ines).binned_at is None


def test_with_htmx_it_answers_with_the_way_back(alice: Member, ines: Contact) -> None:
    answer = alice.post("bin_contact", ines.pk, htmx=True)

    assert answer.status_code == 204
    assert answer["HX-Redirect"] == alice.url("contact_list")


def test_the_page_of_a_binned_person_says_so_and_offers_no_change(alice: Member, ines: Contact) -> None:
    alice.post("bin_contact", ines.pk)

    page = alice.get("contact_page", ines.pk).content.decode()

    assert "This contact is in the bin." in page
    assert alice.url("edit_contact", ines.pk) not in page
    assert alice.get("edit_contact", ines.pk).status_code == 404


def test_many_at_once_and_back(alice: Member, acme: Tenant) -> None:
    people = [add(acme, name=f"Person {n}", emails=[f"p{n}@correio.example"]) for n in range(3)]
    ticked = [str(person.pk) for person in people[:2]]

    asked = alice.post("act_on_contacts", form={"action": "bin", "contact": ticked})
    page = alice.client.get(asked.url)

    assert [person.name for person in _binned(acme)] == ["Person 0", "Person 1"]
    with tenant_context(acme):
        undo = alice.url("undo_bulk_run", BulkRun.objects.get().pk)
    assert undo in page.content.decode()
    alice.client.post(undo)
    assert _binned(acme) == []
    with tenant_context(acme):
        assert AuditEntry.objects.get(action="contact.binned").count == 2


def test_binning_many_needs_its_own_right(bob: Member, ines: Contact) -> None:
    bob.post("act_on_contacts", form={"action": "bin", "contact": [ines.pk]})

    assert fresh(ines).binned_at is None


@pytest.mark.parametrize("ids", [["x"], ["-1"], ["9" * 30], []])
def test_nonsense_ticked_does_nothing(alice: Member, ines: Contact, ids: list[str]) -> None:
    answer = alice.post("act_on_contacts", form={"action": "bin", "contact": ids})

    assert answer.status_code == 302
    assert fresh(ines).binned_at is None


def test_who_may(vera: Member, outsider: Member, charlie: Member, ines: Contact) -> None:
    assert vera.post("bin_contact", ines.pk).status_code == 403
    assert outsider.post("bin_contact", ines.pk).status_code == 404
    assert charlie.post("bin_contact", ines.pk).status_code == 404
    charlie.post("act_on_contacts", form={"action": "bin", "contact": [ines.pk]})
    assert fresh(ines).binned_at is None


def _binned(tenant: Tenant) -> list[Contact]:
    with tenant_context(tenant):
        return list(Contact.objects.binned().order_by("name"))
