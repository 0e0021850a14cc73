"""Somebody has the form of a person open while others change the person in every other way: nothing is lost unsaid."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from contacts import fields
from contacts.models import Contact
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.api.conftest import make_program
from tests.cast import Member
from tests.contacts.conftest import add, form_of
from tests.contacts.fields.conftest import make
from tests.contacts.test_inline_edit import opened, save
from tests.imports.files import bring_in

VALUES = {
    "text": "Blue",
    "number": 12,
    "money": {"amount": 1250, "currency": "EUR"},
    "date": "2026-03-01",
    "datetime": "2026-03-01T10:30:00Z",
    "boolean": True,
    "choice": "gold",
    "choices": ["gold", "silver"],
    "link": "https://example.com/",
}
Act = Callable[[Member, Contact], Any]


@pytest.fixture
def person(acme: Tenant) -> Contact:
    with tenant_context(acme):
        for kind in VALUES:
            make(kind, kind.title(), key=f"my_{kind}")
    return add(acme, name="Ines Prata", emails=["ines@example.com"], tags=["old", "kept"], source="shop")


def test_tags_of_two_people_come_together(alice: Member, bob: Member, person: Contact) -> None:
    form = _form(alice, person, city="Porto", tags="Kept, mine")
    bob.post("tag_contact", person.pk, form={"tags": "theirs"})

    answer = alice.post("edit_contact", person.pk, form=form)
    assert answer.status_code == 302, [each.errors for each in answer.context["editor"].all_forms if each.errors]

    assert _told(person) == {"city": "Porto", "tags": ["kept", "mine", "theirs"]}


def test_a_tag_taken_off_meanwhile_does_not_come_back(alice: Member, bob: Member, person: Contact) -> None:
    form = _form(alice, person, city="Porto")
    bob.post("untag_contact", person.pk, form={"tag": "old"})

    answer = alice.post("edit_contact", person.pk, form=form)
    assert answer.status_code == 302, [each.errors for each in answer.context["editor"].all_forms if each.errors]

    assert _told(person) == {"city": "Porto", "tags": ["kept"]}


@pytest.mark.parametrize("kind", list(VALUES))
def test_an_own_field_filled_meanwhile_is_not_emptied(alice: Member, person: Contact, kind: str) -> None:
    form = _form(alice, person, city="Porto")
    told = make_program(alice).patch(f"/contacts/{person.pk}", {"custom_fields": {f"my_{kind}": VALUES[kind]}})
    assert told.status_code == 200, told.content

    conflict = alice.post("edit_contact", person.pk, form=form)

    assert conflict.status_code == 422
    assert kind.title() in [str(one.label) for one in conflict.context["differences"]]
    with tenant_context(person.tenant_id):
        assert fields.values("contact", [person.pk])[person.pk].keys() == {f"my_{kind}"}


def _phone(bob: Member, person: Contact) -> None:
    assert bob.post("edit_fact", person.pk, "phones", form={"number": "+351 912 607 380"}).status_code == 302


def _place(bob: Member, person: Contact) -> None:
    form = {"street": "Rua 1", "postcode": "4000-001", "city": "Braga", "country": "PT"}
    assert bob.post("edit_fact", person.pk, "place", form=form).status_code == 302


def _stage(bob: Member, person: Contact) -> None:
    save(bob, person, "stage", "customer", opened(bob, person, "stage"))


def _owner(bob: Member, person: Contact) -> None:
    save(bob, person, "owner", str(bob.user.pk), opened(bob, person, "owner"))


def _file(bob: Member, person: Contact) -> None:
    bring_in(bob, "Email,Phone,Job title\nines@example.com,+351912607381,Potter\n", known="overwrite")


@pytest.mark.parametrize(
    ("act", "label"),
    [(_phone, "Phones"), (_place, "Postal addresses"), (_stage, "Stage"), (_owner, "Owner"), (_file, "Job title")],
)
def test_what_others_wrote_meanwhile_is_said(
    alice: Member, mara: Member, person: Contact, act: Act, label: str
) -> None:
    form = _form(alice, person, family_name="Pratas")
    act(mara, person)

    conflict = alice.post("edit_contact", person.pk, form=form)

    assert conflict.status_code == 422
    assert label in [str(one.label) for one in conflict.context["differences"]]


def _form(member: Member, person: Contact, **changes: Any) -> dict[str, Any]:
    filled = form_of(member, "edit_contact", person.pk, **changes)
    # Of a list with no entry chosen a browser sends nothing.
    return {name: value for name, value in filled.items() if name != "f:my_choices"}


def _told(person: Contact) -> dict[str, Any]:
    with tenant_context(person.tenant_id):
        now = Contact.objects.get(pk=person.pk)
        return {"city": now.city, "tags": sorted(now.taggings.values_list("tag__name", flat=True))}
