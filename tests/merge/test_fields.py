"""Custom fields of two people who become one: a choice for each, and the same values after an undo."""

from __future__ import annotations

from typing import Any

import pytest

from contacts import fields
from contacts.fields.writing import write
from contacts.merge.services import merge_contacts, undo_merge
from contacts.models import Contact, ContactChange, CustomField
from ecrm.tenancy.models import Tenant
from tests.cast import Member
from tests.contacts.conftest import add
from tests.contacts.fields.conftest import make


@pytest.fixture
def ana(in_acme: Tenant) -> Contact:
    make("choice", key="tier")
    make("choices", key="likes")
    make("text", key="size")
    ana = add(in_acme, name="Ana Prata")
    write("contact", {ana.pk: {"tier": "gold", "likes": ["gold", "silver"]}}, by=None)
    return ana


@pytest.fixture
def twin(in_acme: Tenant, ana: Contact) -> Contact:
    twin = add(in_acme, name="Anna Prata")
    write("contact", {twin.pk: {"tier": "silver", "likes": ["bronze", "silver"], "size": "M"}}, by=None)
    return twin


def held(person: Contact) -> dict[str, Any]:
    return fields.values("contact", [person.pk]).get(person.pk, {})


def test_without_a_choice_the_winners_stand_and_gaps_are_filled(ana: Contact, twin: Contact) -> None:
    before = held(ana), held(twin)
    merge = merge_contacts(winner=ana, loser=twin, by=None)
    assert held(ana) == {"tier": "gold", "likes": ["gold", "silver"], "size": "M"}
    assert ContactChange.objects.filter(contact=ana, source_type="merge").get().changes == {"f:size": [None, "M"]}
    undo_merge(merge=merge, by=None)
    assert (held(ana), held(twin)) == before


@pytest.mark.parametrize("key", ["tier", "likes", "size"])
def test_what_was_chosen_is_taken_whole_and_goes_back(ana: Contact, twin: Contact, key: str) -> None:
    before = held(ana), held(twin)
    merge = merge_contacts(winner=ana, loser=twin, by=None, choices={f"f:{key}": twin.pk})
    assert held(ana)[key] == before[1][key]
    undo_merge(merge=merge, by=None)
    assert (held(ana), held(twin)) == before


def test_an_empty_value_can_be_chosen(ana: Contact, twin: Contact) -> None:
    write("contact", {twin.pk: {"tier": None}}, by=None)
    before = held(ana), held(twin)
    merge = merge_contacts(winner=ana, loser=twin, by=None, choices={"f:tier": twin.pk, "f:size": ana.pk})
    assert held(ana) == {"likes": ["gold", "silver"]}
    undo_merge(merge=merge, by=None)
    assert (held(ana), held(twin)) == before


def test_what_somebody_changed_since_stays_and_the_other_has_theirs(ana: Contact, twin: Contact) -> None:
    before = held(twin)
    merge = merge_contacts(winner=ana, loser=twin, by=None, choices={"f:tier": twin.pk, "f:likes": twin.pk})
    write("contact", {ana.pk: {"tier": "bronze", "likes": None}}, by=None)
    undo_merge(merge=merge, by=None)
    assert held(ana) == {"tier": "bronze"}
    assert held(twin) == before


def test_the_page_offers_what_the_member_sees(
    alice: Member, bob: Member, in_acme: Tenant, ana: Contact, twin: Contact
) -> None:
    CustomField.objects.filter(key="size").update(visible_to=["owner"])
    page = alice.get("merge_contact", ana.pk, twin.pk).content.decode()
    assert 'name="f:tier"' in page
    assert "Silver" in page
    assert 'name="f:size"' in page
    assert 'name="f:size"' not in bob.get("merge_contact", ana.pk, twin.pk).content.decode()

    alice.post("merge_contact", ana.pk, twin.pk, form={"f:tier": str(twin.pk), "f:nonsense": str(twin.pk)})
    assert held(ana)["tier"] == "silver"
