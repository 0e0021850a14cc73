"""Notes through the API."""

from __future__ import annotations

import pytest

from contacts.models import Contact
from ecrm.api.scopes import Scope
from ecrm.tenancy.models import Tenant
from tests.api.conftest import Program, make_program
from tests.cast import Member
from tests.contacts.conftest import add, told


@pytest.fixture
def shop(alice: Member) -> Program:
    return make_program(alice)


def test_written_read_changed_and_deleted(shop: Program, ines: Contact) -> None:
    made = shop.post("/notes", {"contact_id": str(ines.pk), "text": "Wants ten jugs."})
    assert made.status_code == 201, made.content
    note = made.json()
    assert shop.get(f"/notes?contact_id={ines.pk}").json()["items"] == [note]
    changed = shop.patch(f"/notes/{note['id']}", {"text": "Wants twelve."}).json()
    assert changed["text"] == "Wants twelve."
    assert changed["edited_at"]
    assert shop.delete(f"/notes/{note['id']}").status_code == 204
    assert shop.get(f"/notes/{note['id']}").status_code == 404
    assert "note.written" in told(ines)


def test_a_call_is_logged_when_it_was(shop: Program, ines: Contact) -> None:
    given = {"contact_id": str(ines.pk), "kind": "call", "at": "2026-03-01T09:30:00Z"}
    assert shop.post("/notes", given).json()["at"].startswith("2026-03-01T09:30")
    assert "call.logged" in told(ines)
    assert [one["kind"] for one in shop.get("/notes?kind=call").json()["items"]] == ["call"]


def test_only_its_writer_changes_it(shop: Program, bob: Member, ines: Contact) -> None:
    bobs = make_program(bob, Scope.CONTACTS_READ, Scope.CONTACTS_WRITE)
    note = bobs.post("/notes", {"contact_id": str(ines.pk), "text": "Mine"}).json()
    assert shop.patch(f"/notes/{note['id']}", {"text": "No"}).status_code == 403
    assert shop.delete(f"/notes/{note['id']}").status_code == 403


def test_an_empty_note_and_people_out_of_sight_are_refused(
    acme: Tenant, shop: Program, alice: Member, sam: Member, ines: Contact
) -> None:
    assert shop.post("/notes", {"contact_id": str(ines.pk), "text": " "}).status_code == 422
    hers = add(acme, name="Hers", owner=alice.user)
    shop.post("/notes", {"contact_id": str(hers.pk), "text": "Quiet"})
    theirs = make_program(sam, Scope.CONTACTS_READ, Scope.CONTACTS_WRITE)
    assert theirs.get("/notes").json()["items"] == []
    assert theirs.post("/notes", {"contact_id": str(hers.pk), "text": "Mine"}).status_code == 404
