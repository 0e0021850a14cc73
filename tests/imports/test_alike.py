"""Rows that no key finds and that look like somebody: told before, and in the queue afterwards."""

from __future__ import annotations

import pytest

from contacts import services as contacts
from contacts.models import DuplicatePair
from ecrm.tenancy.context import tenant_context
from tests.cast import Member
from tests.duplicates.test_find import _look
from tests.imports.files import begin, check, start


@pytest.mark.parametrize(
    ("header", "row", "reason"),
    [
        ("Name,Company,City", "Ana Łuczak,Loja Azul,Porto", "same company"),
        ("Name,Phone", "Anna Łuczak,+48601234567", "same phone number"),
        ("Name,Number in another system", "Ana Łuczak,C-1001", "same number in another system"),
    ],
)
def test_the_check_says_with_whom_and_why_and_the_queue_has_the_pair(
    alice: Member, header: str, row: str, reason: str
) -> None:
    with tenant_context(alice.tenant):
        ana = contacts.create_contact(
            by=None,
            name="Ana Łuczak",
            emails=["ana@old.example"],
            phones=["+48601234567"],
            company="Loja Azul",
            city="Porto",
        )
        contacts.link_identities(contact=ana, identities=[("loyalty", "C-1001")], by=None)
        _look()
    run = check(alice, begin(alice, f"Email,{header}\nnew@new.example,{row}\nrui@new.example,Rui Costa,,\n"))
    assert (run.counts["new"], run.counts["alike"]) == (2, 1)
    page = alice.get("import_alike", run.pk).content.decode()
    assert "Ana Łuczak" in page
    assert reason in page

    start(alice, run)
    with tenant_context(alice.tenant):
        _look()
        pair = DuplicatePair.objects.get(state=DuplicatePair.State.OPEN)
        newcomer = contacts.find_by_email("new@new.example")
        assert newcomer is not None
        assert {pair.first_id, pair.second_id} == {ana.pk, newcomer.pk}
