"""People who may be one are found, told apart and merged: what members see of it."""

from __future__ import annotations

import pytest

from contacts import services
from contacts.duplicates import matching
from contacts.duplicates import services as duplicates
from contacts.duplicates.known import like
from contacts.merge.services import merge_contacts, undo_merge
from contacts.models import CleaningSettings, Contact, DuplicatePair, MatchKey, UnmatchedContact
from contacts.quality import work
from ecrm.tenancy.models import Tenant
from tests.cast import Member
from tests.contacts.conftest import add, form_of

ANA = {
    "name": "Ana Łuczak",
    "emails": ["ana.luczak77@correio.example"],
    "phones": ["+48 601 234 567"],
    "city": "Kraków",
}


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"name": "Luczak Ana", "phones": ["601234567"], "city": "krakow", "country": "PL"}, "phone"),
        ({"name": "Anna Luczak", "emails": ["ana.luczak77@other.example"]}, "mail_name"),
        ({"name": "Ana Luczak", "emails": ["analuczak77+shop@correio.example"]}, "mail"),
        ({"name": "Ana Luczka", "phones": ["+48601234567"]}, "name_alike"),
    ],
)
def test_one_person_written_down_twice_is_found(in_acme: Tenant, other: dict[str, object], reason: str) -> None:
    one, two = add(in_acme, **ANA), add(in_acme, **other)
    _look()
    pair = DuplicatePair.objects.get()
    assert {pair.first_id, pair.second_id} == {one.pk, two.pk}
    assert reason in pair.reasons


@pytest.mark.parametrize(
    "other",
    [
        {"name": "Piotr Łuczak", "phones": ["+48 601 234 567"], "city": "Kraków"},  # who lives with her
        {"name": "Ana Łuczak", "phones": ["+48 777 777 777"], "city": "Gdańsk"},  # who is called so, too
        {"name": "Jan Kowalski", "emails": ["jan@correio.example"], "city": "Kraków"},
    ],
)
def test_two_people_stay_two(in_acme: Tenant, other: dict[str, object]) -> None:
    add(in_acme, **ANA)
    add(in_acme, **other)
    _look()
    assert not DuplicatePair.objects.exists()


def test_everybody_at_once_finds_what_changes_find(in_acme: Tenant) -> None:
    for number in range(20):
        add(in_acme, name=f"Person Number{number}", emails=[f"person{number}@x.example"])
    add(in_acme, **ANA)
    add(in_acme, name="Ana Luczak", phones=["+48601234567"])
    _look()
    found = list(DuplicatePair.objects.values_list("first_id", "second_id", "score"))
    DuplicatePair.objects.all().delete()
    matching.sweep()
    assert list(DuplicatePair.objects.values_list("first_id", "second_id", "score")) == found


def test_a_pair_goes_when_they_no_longer_look_alike_and_a_judged_one_stays(in_acme: Tenant) -> None:
    add(in_acme, **ANA)
    two = add(in_acme, name="Ana Luczak", phones=["+48601234567"])
    _look()
    services.edit_contact(contact=two, by=None, name="Rui Costa", phones=["+351912345678"])
    _look()
    assert not DuplicatePair.objects.exists()

    services.edit_contact(contact=two, by=None, name="Ana Luczak", phones=["+48601234567"])
    _look()
    duplicates.dismiss_pair(pair=DuplicatePair.objects.get(), by=None)
    matching.sweep()
    assert DuplicatePair.objects.get().state == DuplicatePair.State.APART


def test_keys_go_with_their_person(in_acme: Tenant) -> None:
    one = add(in_acme, **ANA)
    _look()
    assert MatchKey.objects.filter(contact_id=one.pk).exists()
    services.bin_contact(contact=one, by=None)
    _look()
    assert not MatchKey.objects.filter(contact_id=one.pk).exists()


def test_another_workspace_is_never_compared(acme: Tenant, globex: Tenant) -> None:
    from ecrm.tenancy.context import tenant_context

    add(acme, **ANA)
    add(globex, **ANA)
    for tenant in (acme, globex):
        with tenant_context(tenant):
            _look()
            assert not DuplicatePair.objects.exists()


def test_safe_rules_are_off_until_chosen_and_never_merge_twice(in_acme: Tenant) -> None:
    one, two = add(in_acme, **ANA), add(in_acme, name="Ana Luczak", phones=["+48601234567"])
    _look()
    assert duplicates.merge_by_rules() == 0

    CleaningSettings(safe_rules=["phone_name"]).save()
    assert duplicates.merge_by_rules() == 1
    assert Contact.objects.get(pk=two.pk).binned_at is not None, "the older one is kept"
    from contacts.models import Merge

    undo_merge(merge=Merge.objects.get(), by=None)
    _look()
    assert DuplicatePair.objects.get().state == DuplicatePair.State.OPEN
    assert duplicates.merge_by_rules() == 0
    assert Contact.objects.get(pk=one.pk).binned_at is None


def test_a_safe_rule_is_not_kept_waiting_by_surer_pairs_that_no_rule_covers(
    in_acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duplicates, "AT_ONCE", 0.1)
    for number in range(3):
        name = f"Rare Surname{number}"
        add(in_acme, name=name, emails=[f"rare{number}@x.example"])
        add(in_acme, name=name, emails=[f"rare{number}+shop@x.example"], phones=["+48601234567"])
    add(in_acme, **ANA)
    add(in_acme, name="Ana Luczak", phones=["+48601234567"])
    _look()
    CleaningSettings(safe_rules=["phone_name"]).save()
    assert duplicates.merge_by_rules() == 1


def test_who_was_told_apart_from_one_is_not_merged_with_whom_that_one_became(in_acme: Tenant) -> None:
    """A father and his son, who share a name and a phone; the father is here twice."""
    father = add(in_acme, **ANA)
    son = add(in_acme, name="Ana Luczak", phones=["+48601234567"])
    again = add(in_acme, name="Ana Luczak", emails=["ana.luczak77@other.example"])
    _look()
    pair = DuplicatePair.objects.get(first=father, second=son)
    duplicates.dismiss_pair(pair=pair, by=None)
    merge = merge_contacts(winner=again, loser=father, by=None)
    _look()
    assert not _open_pairs(again, son)
    CleaningSettings(safe_rules=["phone_name"]).save()
    DuplicatePair.objects.filter(first=son, second=again).delete()
    DuplicatePair.objects.create(first=son, second=again, score=99, reasons=["phone", "name"])
    assert duplicates.merge_by_rules() == 0, "a pair found before the merge"

    undo_merge(merge=merge, by=None)
    services.edit_contact(contact=Contact.objects.get(pk=again.pk), by=None, phones=["+48601234567"])
    _look()
    assert _open_pairs(again, son), "told apart from the father only"


def test_a_merge_closes_its_pair_and_an_undo_opens_it(in_acme: Tenant) -> None:
    one, two = add(in_acme, **ANA), add(in_acme, name="Ana Luczak", phones=["+48601234567"])
    _look()
    merge = merge_contacts(winner=one, loser=two, by=None)
    assert DuplicatePair.objects.get().state == DuplicatePair.State.MERGED
    undo_merge(merge=merge, by=None)
    assert DuplicatePair.objects.get().state == DuplicatePair.State.OPEN


def test_who_writes_somebody_down_is_told_who_may_be_here(alice: Member, acme: Tenant, in_acme: Tenant) -> None:
    ana = add(acme, **ANA)
    _look()
    part = alice.get(
        "like_contacts", query={"given_name": "Ana", "family_name": "Luczak", "phones-0-number": "601234567"}
    )
    assert "Ana Łuczak" in part.content.decode()
    assert [each.person for each in like(name="Rui Costa", emails=[], phones=[])] == []

    form = form_of(alice, "create_contact", given_name="Ana", family_name="Luczak")
    refused = alice.post("create_contact", form=form)
    assert refused.status_code == 422
    assert "Nothing was saved yet" in refused.content.decode()
    assert Contact.objects.count() == 1
    taken = alice.post("create_contact", form={**form, "seen": str(ana.pk)})
    assert taken.status_code == 302
    assert Contact.objects.count() == 2


def _open_pairs(one: Contact, other: Contact) -> bool:
    first, second = sorted([one.pk, other.pk])
    return DuplicatePair.objects.filter(first=first, second=second, state=DuplicatePair.State.OPEN).exists()


def _look() -> None:
    """What the tick does for people who changed."""
    while work.refresh_changed():
        pass
    assert not UnmatchedContact.objects.exists()
