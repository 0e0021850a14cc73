"""One detail edited where it stands; two people at one contact lose nothing."""

from __future__ import annotations

import re
from typing import Any

import pytest

from contacts import fields, services
from contacts.fields import defining
from contacts.models import Contact, ContactChange, CustomField
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.cast import Member
from tests.contacts.conftest import add


@pytest.fixture
def person(acme: Tenant) -> Contact:
    return add(acme, name="Inês Prata", job_title="Potter", language="pt")


@pytest.fixture
def tier(acme: Tenant) -> CustomField:
    with tenant_context(acme):
        return defining.create(entity="contact", label="Tier", kind="text", by=None)


def opened(member: Member, person: Contact, fact: str) -> str:
    """What a browser keeps of the form: what its reader saw."""
    page = member.get("edit_fact", person.pk, fact, htmx=True).content.decode()
    found = re.search(r'name="seen" value="([^"]*)"', page)
    assert found
    return found.group(1)


def save(member: Member, person: Contact, fact: str, value: Any, seen: str, *, htmx: bool = True) -> Any:
    return member.post("edit_fact", person.pk, fact, form={fact: value, "seen": seen}, htmx=htmx)


def stored(person: Contact, name: str) -> Any:
    with tenant_context(person.tenant_id):
        return getattr(Contact.objects.get(pk=person.pk), name)


def test_one_detail_is_saved_in_its_place(alice: Member, person: Contact) -> None:
    answer = save(alice, person, "job_title", "Glazier", opened(alice, person, "job_title"))

    part = answer.content.decode()
    assert answer.status_code == 200
    assert part.startswith("<dd")
    assert "Glazier" in part
    assert 'id="fact-job_title"' in part
    assert stored(person, "job_title") == "Glazier"


def test_without_javascript_it_is_a_page_and_a_redirect(alice: Member, person: Contact) -> None:
    page = alice.get("edit_fact", person.pk, "job_title").content.decode()
    assert "<html" in page
    assert 'value="Potter"' in page

    answer = save(alice, person, "job_title", "Glazier", "Potter", htmx=False)

    assert answer.status_code == 302
    assert answer.headers["Location"] == alice.url("contact_page", person.pk)


def test_the_page_leads_to_each_detail(alice: Member, vera: Member, person: Contact) -> None:
    way = alice.url("edit_fact", person.pk, "job_title")

    assert way in alice.get("contact_page", person.pk).content.decode()
    assert way not in vera.get("contact_page", person.pk).content.decode()
    assert vera.get("edit_fact", person.pk, "job_title").status_code == 403


def test_an_outsider_finds_nobody(charlie: Member, outsider: Member, person: Contact) -> None:
    assert outsider.get("edit_fact", person.pk, "job_title").status_code == 404


@pytest.mark.parametrize("fact", ["id", "tenant", "search_text", "f:none", "tags"])
def test_no_such_detail(alice: Member, person: Contact, fact: str) -> None:
    assert alice.get("edit_fact", person.pk, fact).status_code == 404


def test_two_details_at_once_are_both_kept(alice: Member, mara: Member, person: Contact) -> None:
    hers, maras = opened(alice, person, "job_title"), opened(mara, person, "language")

    save(alice, person, "job_title", "Glazier", hers)
    second = save(mara, person, "language", "pl", maras)

    assert second.status_code == 200
    assert (stored(person, "job_title"), stored(person, "language")) == ("Glazier", "pl")


def test_the_same_detail_shows_both_and_saves_neither(alice: Member, mara: Member, person: Contact) -> None:
    hers, maras = opened(alice, person, "job_title"), opened(mara, person, "job_title")
    save(alice, person, "job_title", "Glazier", hers)

    answer = save(mara, person, "job_title", "Painter", maras)

    told = answer.content.decode()
    assert answer.status_code == 422
    assert "Alice changed this meanwhile" in told
    assert "Glazier" in told
    assert 'value="Painter"' in told
    assert stored(person, "job_title") == "Glazier"

    seen = re.search(r'name="seen" value="([^"]*)"', told)
    assert seen
    assert save(mara, person, "job_title", "Painter", seen.group(1)).status_code == 200
    assert stored(person, "job_title") == "Painter"
    with tenant_context(person.tenant_id):
        changes = [each.changes["job_title"] for each in ContactChange.objects.filter(contact=person).order_by("id")]
    assert changes == [["Potter", "Glazier"], ["Glazier", "Painter"]]


def test_theirs_can_be_kept(alice: Member, mara: Member, person: Contact) -> None:
    save(alice, person, "job_title", "Glazier", opened(alice, person, "job_title"))

    kept = mara.get("edit_fact", person.pk, "job_title", query={"leave": "1"}, htmx=True).content.decode()

    assert "Glazier" in kept
    assert "<form" not in kept


def test_both_wrote_the_same(alice: Member, mara: Member, person: Contact) -> None:
    maras = opened(mara, person, "job_title")
    save(alice, person, "job_title", "Glazier", opened(alice, person, "job_title"))

    assert save(mara, person, "job_title", "Glazier", maras).status_code == 200


def test_an_own_field_of_the_workspace(alice: Member, mara: Member, person: Contact, tier: CustomField) -> None:
    fact = f"f:{tier.key}"
    with tenant_context(person.tenant_id):
        services.edit_contact(contact=person, by=alice.user, custom_fields={tier.key: "Silver"})
    maras = opened(mara, person, fact)

    assert "Gold" in save(alice, person, fact, "Gold", opened(alice, person, fact)).content.decode()
    conflict = save(mara, person, fact, "Bronze", maras)

    assert conflict.status_code == 422
    assert "Gold" in conflict.content.decode()
    with tenant_context(person.tenant_id):
        assert fields.values("contact", [person.pk])[person.pk] == {tier.key: "Gold"}


def test_what_is_wrong_is_said_at_the_field(alice: Member, person: Contact) -> None:
    answer = save(alice, person, "language", "xx-nowhere", "pt")

    assert answer.status_code == 422
    assert "is not in the list" in answer.content.decode()
    assert stored(person, "language") == "pt"


def test_what_is_empty_is_added_where_it_stands(alice: Member, vera: Member, acme: Tenant, tier: CustomField) -> None:
    bare = add(acme, name="")
    ways = [alice.url("edit_fact", bare.pk, key) for key in ("name", "emails", "place", "birthday", f"f:{tier.key}")]
    page, readers = (who.get("contact_page", bare.pk).content.decode() for who in (alice, vera))
    assert all(way in page for way in ways)
    assert not any(way in readers for way in ways)

    for key, form in {
        "name": {"given_name": "Ana", "family_name": "Prata", "name": ""},
        "emails": {"address": "ana@prata.example"},
        "phones": {"number": "+351912345678"},
        "place": {"street": "Rua Nova 5", "postcode": "4000", "city": "Porto", "country": "PT"},
        "birthday": {"birthday": "1980-02-29"},
    }.items():
        answer = alice.post("edit_fact", bare.pk, key, form={**form, "seen": ""}, htmx=True)
        assert answer.status_code in {200, 204}, key
    told = alice.get("contact_page", bare.pk).content.decode()
    for shown in ("Ana Prata", "ana@prata.example", "Rua Nova 5", "29 Feb 1980"):
        assert shown in told


def test_one_more_address_leaves_the_others(alice: Member, acme: Tenant) -> None:
    person, other = add(acme, name="Ana", emails=["a@x.example"]), add(acme, name="Rui", emails=["r@x.example"])
    alice.post("edit_fact", person.pk, "emails", form={"address": "b@x.example"}, htmx=True)
    taken = alice.post("edit_fact", person.pk, "emails", form={"address": "r@x.example"}, htmx=True)
    assert taken.status_code == 422
    assert "already" in taken.content.decode()
    with tenant_context(acme):
        kept = person.emails.order_by("-is_primary", "id").values_list("address", flat=True)
        assert list(kept) == ["a@x.example", "b@x.example"]
        assert other.emails.count() == 1


def test_a_stage_asks_for_the_fields_it_needs(alice: Member, person: Contact) -> None:
    with tenant_context(person.tenant_id):
        defining.create(entity="contact", label="Tier", kind="text", required_at=["customer"], by=None)
    seen = opened(alice, person, "stage")

    asked = save(alice, person, "stage", "customer", seen)
    assert asked.status_code == 422
    assert 'name="f:tier"' in asked.content.decode()
    assert stored(person, "stage") == "lead"

    form = {"stage": "customer", "f:tier": "Gold", "seen": seen}
    assert alice.post("edit_fact", person.pk, "stage", form=form, htmx=True).status_code == 204
    assert stored(person, "stage") == "customer"
    with tenant_context(person.tenant_id):
        assert fields.values("contact", [person.pk])[person.pk] == {"tier": "Gold"}


def test_a_stage_somebody_else_changed_shows_both(alice: Member, mara: Member, person: Contact) -> None:
    maras = opened(mara, person, "stage")
    save(alice, person, "stage", "prospect", opened(alice, person, "stage"))

    answer = save(mara, person, "stage", "customer", maras)

    assert answer.status_code == 422
    assert "Alice changed this meanwhile" in answer.content.decode()
    assert stored(person, "stage") == "prospect"


def test_a_field_for_others_is_not_offered(alice: Member, bob: Member, person: Contact) -> None:
    with tenant_context(person.tenant_id):
        defining.create(entity="contact", label="Margin", kind="text", visible_to=["admin"], by=None)
    assert "f:margin" in alice.get("contact_page", person.pk).content.decode()
    assert "f:margin" not in bob.get("contact_page", person.pk).content.decode()
