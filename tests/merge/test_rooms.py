"""Both have rows in every relation to people there is: a merge loses none, nor breaks on what may be there once."""

from __future__ import annotations

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contacts import services
from contacts.merge.services import merge_contacts, undo_merge
from contacts.merging import Handler
from contacts.models import Contact
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests import factories as make
from tests.cast import Member
from tests.merge.rooms import Row, moving, row
from tests.merge.test_undo import set_back, tables, when_changed

# How many rows of a relation the winner has, how many the loser, and how many of theirs are of the same thing.
shares = st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 2))


@pytest.mark.django_db
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(shares, min_size=len(moving()), max_size=len(moving())))
def test_no_row_of_either_is_lost(in_acme: Tenant, filled: list[tuple[int, int, int]]) -> None:
    with transaction.atomic():
        one, two = make.ContactFactory(), make.ContactFactory()
        rows = [
            made for handler, counts in zip(moving(), filled, strict=True) for made in _fill(handler, counts, one, two)
        ]
        services.refresh_search([one.pk, two.pk])
        before, changed_at = tables(), when_changed()

        merge = merge_contacts(winner=one, loser=two, by=None)
        for made in rows:
            # Of what may be there once, the loser's stays with them, hidden, and is there again after an undo.
            expected = made.owner_id if made.twin else one.pk
            assert made.owner_now() == expected, f"{made.handler.model._meta.label}.{made.handler.field}"
        undo_merge(merge=merge, by=None)
        assert [made.owner_now() for made in rows] == [made.owner_id for made in rows]
        set_back(changed_at)
        assert tables() == before
        transaction.set_rollback(True)


def test_a_person_full_of_rows_has_a_page_after_the_merge(alice: Member) -> None:
    with tenant_context(alice.tenant):
        one, two = make.ContactFactory(), make.ContactFactory()
        for handler in moving():
            _fill(handler, (1, 2, 1), one, two)
        services.refresh_search([one.pk, two.pk])
        merge = merge_contacts(winner=one, loser=two, by=None)
    assert alice.get("contact_page", one.pk).status_code == 200
    assert alice.get("contact_page", two.pk).headers["Location"].endswith(f"/contacts/{one.pk}/")
    with tenant_context(alice.tenant):
        undo_merge(merge=merge, by=None)
    assert [alice.get("contact_page", person.pk).status_code for person in (one, two)] == [200, 200]


def _fill(handler: Handler, counts: tuple[int, int, int], one: Contact, two: Contact) -> list[Row]:
    winners, losers, same = counts
    mine = [row(handler, one) for _number in range(winners)]
    beside = [*mine[:same], *[None] * losers]
    return mine + [row(handler, two, beside=beside[number]) for number in range(losers)]
