"""The registry of what a merge does with each room's rows, and the usual handler."""

from __future__ import annotations

from contacts import merging
from contacts.models import Contact, EmailAddress, PhoneNumber, Tagging
from ecrm.tenancy.models import Tenant
from tests.contacts.conftest import add


def test_every_reference_to_a_contact_has_an_answer() -> None:
    assert merging.unregistered() == []


def test_rows_move_and_come_back_as_they_were(in_acme: Tenant) -> None:
    winner = add(in_acme, name="Inês", emails=["a@x.example"], phones=["912345678"], tags=["VIP"])
    loser = add(
        in_acme, name="Ines", emails=["b@x.example", "c@x.example"], phones=["912345678"], tags=["VIP", "Press"]
    )
    before = _state(winner, loser)

    moved = {
        (handler.model, handler.field): handler.move(loser.pk, winner.pk)
        for handler in merging.handlers()
        if handler.move
    }
    emails = {row.address: (row.contact_id, row.is_primary) for row in EmailAddress.objects.all()}
    assert emails["b@x.example"] == (winner.pk, False)
    assert emails["a@x.example"] == (winner.pk, True)
    assert PhoneNumber.objects.filter(contact=loser).count() == 1

    for handler in merging.handlers():
        if handler.undo:
            handler.undo(moved[handler.model, handler.field], loser.pk)
    assert _state(winner, loser) == before


def _state(*people: Contact) -> list[object]:
    rows: list[object] = []
    for person in people:
        rows += sorted(EmailAddress.objects.filter(contact=person).values_list("address", "is_primary"))
        rows += sorted(PhoneNumber.objects.filter(contact=person).values_list("number", "is_primary"))
        rows += sorted(Tagging.objects.filter(contact=person).values_list("tag__name", flat=True))
    return rows
