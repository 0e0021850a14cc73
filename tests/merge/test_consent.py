"""Of two people's answers the stricter one stands for who they become, and each has their own back."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

from django.utils import timezone

from consent import classes, purposes, rules, suppression
from consent.models import ConsentRecord, ConsentState, Purpose, Suppression
from contacts.merge.services import merge_contacts, undo_merge
from contacts.models import Contact
from ecrm.tenancy.models import Tenant
from tests import factories as make

# From the most to the least that is allowed; None is who never answered.
ANSWERS = ["granted", "expired", "withdrawn", "objected"]
KINDS = [("consent", True), ("consent", False), ("interest", False), ("contract", False)]


def test_nothing_is_allowed_that_one_of_them_was_refused(in_acme: Tenant) -> None:
    """Every answer against every other, earlier and later, of every kind of purpose."""
    one, two = make.ContactFactory(), make.ContactFactory()
    asked = []
    given = [None, *ANSWERS]
    for (basis, is_marketing), mine, theirs, days in product(KINDS, given, given, [(1, 2), (2, 1)]):
        purpose = make.PurposeFactory(basis=basis, is_marketing=is_marketing)
        _answer(one, purpose, mine, days_ago=days[0])
        _answer(two, purpose, theirs, days_ago=days[1])
        may = [rules.may(person, purpose).allowed for person in (one, two)]
        asked.append((purpose, mine, theirs, may))

    merge = merge_contacts(winner=one, loser=two, by=None)
    for purpose, mine, theirs, may in asked:
        assert _state(one, purpose) == max(filter(None, (mine, theirs)), key=ANSWERS.index, default=None)
        if mine and theirs:
            assert rules.may(one, purpose).allowed == all(may)
    undo_merge(merge=merge, by=None)
    for purpose, _mine, theirs, may in asked:
        assert [rules.may(person, purpose).allowed for person in (one, two)] == may
        assert _state(two, purpose) == theirs


def test_a_merge_made_again_is_no_stricter_than_the_first(in_acme: Tenant) -> None:
    purpose = make.PurposeFactory()
    one, two = make.ContactFactory(), make.ContactFactory()
    _answer(two, purpose, "granted", days_ago=2)
    undo_merge(merge=merge_contacts(winner=one, loser=two, by=None), by=None)
    assert not rules.may(one, purpose).allowed
    merge_contacts(winner=one, loser=Contact.objects.get(pk=two.pk), by=None)
    assert rules.may(one, purpose).allowed


def test_the_ledger_keeps_what_both_said(in_acme: Tenant) -> None:
    purpose = make.PurposeFactory()
    one, two = make.ContactFactory(), make.ContactFactory()
    _answer(one, purpose, "granted", days_ago=2)
    _answer(two, purpose, "withdrawn", days_ago=1)
    before = list(ConsentRecord.objects.order_by("pk").values())
    merge = merge_contacts(winner=one, loser=two, by=None)
    undo_merge(merge=merge, by=None)
    assert list(ConsentRecord.objects.filter(pk__lte=before[-1]["id"]).order_by("pk").values()) == before


def test_a_blocked_address_stays_blocked_whoever_has_it(in_acme: Tenant) -> None:
    purpose = purposes.by_key("newsletter")
    assert purpose is not None
    one, two = make.ContactFactory(), make.ContactFactory()
    free, blocked = make.EmailAddressFactory(contact=one), make.EmailAddressFactory(contact=two)
    suppression.suppress(address_norm=blocked.address_norm, reason=Suppression.Reason.COMPLAINT)
    _answer(one, purpose, "granted", days_ago=1)

    merge = merge_contacts(winner=one, loser=two, by=None)
    assert _class(one, purpose) == "may", "the address that is written to first is not blocked"
    undo_merge(merge=merge, by=None)
    merge_contacts(winner=one, loser=Contact.objects.get(pk=two.pk), by=None, choices={"email": two.pk})
    assert _class(one, purpose) == "never"
    assert Suppression.objects.filter(lifted_at=None, address_hash=blocked.address_hash).exists()
    assert not Suppression.objects.filter(address_hash=free.address_hash).exists()


def _answer(person: Contact, purpose: Purpose, action: str | None, *, days_ago: int) -> None:
    if action is not None:
        at = timezone.now() - timedelta(days=days_ago)
        make.ConsentRecordFactory(contact=person, purpose=purpose, action=action, given_at=at)


def _state(person: Contact, purpose: Purpose) -> str | None:
    return ConsentState.objects.filter(contact=person, purpose=purpose).values_list("state", flat=True).first()


def _class(person: Contact, purpose: Purpose) -> str:
    found = [
        which.value
        for which in classes.ConsentClass
        if Contact.objects.filter(classes.of(purpose, which), pk=person.pk).exists()
    ]
    assert len(found) == 1
    return found[0]
