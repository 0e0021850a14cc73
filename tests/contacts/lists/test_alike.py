"""Names with a letter wrong, and searches together with filters."""

from __future__ import annotations

import pytest

from contacts import search, services
from contacts.duplicates import matching
from contacts.lists import finding
from contacts.models import Contact
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant, User
from tests.cast import Member
from tests.contacts.conftest import add


@pytest.mark.parametrize(
    "term",
    [
        "Brzeczyszewsky",  # sounds alike
        "Brzęczyzewski",  # a letter forgotten
        "Brzeczyszewskil",  # one too many
        "Brzeczyszevski",
        "Brzeczyzsewski",  # two swapped
        "wojcech brzeczyszewski",
        "Wojciech Brzeczyszewsi",
        "brzeczyszewski wojcieh",
        "Wojciehc Brzeczyszewski",
    ],
)
def test_a_letter_wrong(alice: Member, acme: Tenant, term: str) -> None:
    keyed(acme, add(acme, name="Wojciech Brzęczyszewski"), add(acme, name="Ana Somebody"), add(acme, name="Brz"))

    page = alice.get("contact_list", query={"q": term})

    assert [row.name for row in page.context["rows"]] == ["Wojciech Brzęczyszewski"]
    assert "written alike" in page.content.decode()


@pytest.mark.parametrize("term", ["Zzyzx", "Prata Silva", "912345", "ines@nowhere.example", "aa", "%%%", "Inês Banana"])
def test_what_is_not_alike_finds_nobody(alice: Member, acme: Tenant, term: str) -> None:
    keyed(acme, add(acme, name="Inês Prata"))

    assert alice.get("contact_list", query={"q": term}).context["rows"] == []


def test_who_is_found_exactly_needs_no_guess(alice: Member, acme: Tenant) -> None:
    keyed(acme, add(acme, name="Marta"), add(acme, name="Martha"))

    page = alice.get("contact_list", query={"q": "marta"})

    assert [row.name for row in page.context["rows"]] == ["Marta"]
    assert "written alike" not in page.content.decode()


def test_the_most_alike_come_first(acme: Tenant) -> None:
    far, near = add(acme, name="Martina Oliveria"), add(acme, name="Martina Oliveira")
    keyed(acme, far, near)

    with tenant_context(acme):
        assert search.alike_ids("Martinna Oliveira") == [near.pk, far.pk]


def test_a_new_name_replaces_the_former(acme: Tenant, owner: User) -> None:
    person = add(acme, name="Wojciech")
    keyed(acme, person)
    with tenant_context(acme):
        services.edit_contact(contact=person, by=owner, name="Beatriz")
        matching.refresh_keys([person.pk])

        assert search.alike_ids("Wojcech") == []
        assert search.alike_ids("Beatris") == [person.pk]
        services.bin_contact(contact=person, by=owner)
        assert search.alike_ids("Beatris") == []


def test_nobody_sees_more_by_guessing(sam: Member, alice: Member, acme: Tenant, globex: Tenant) -> None:
    mine = add(acme, name="Wojciech Mine", owner=sam.user)
    keyed(acme, mine, add(acme, name="Wojciech Alices", owner=alice.user))
    keyed(globex, add(globex, name="Wojciech Globex"))

    page = sam.get("contact_list", query={"q": "wojcech"})

    assert [row.id for row in page.context["rows"]] == [str(mine.pk)]


def test_a_guess_keeps_to_the_filter(alice: Member, acme: Tenant) -> None:
    keyed(acme, add(acme, name="Wojciech A", stage="lead"), add(acme, name="Wojciech B", stage="customer"))

    page = alice.get("contact_list", query={"q": "wojcech", "stage": "customer"})

    assert [row.name for row in page.context["rows"]] == ["Wojciech B"]


def test_a_filter_looks_beyond_the_newest_matches(alice: Member, acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    oldest = add(acme, name="Maria First", stage="customer")
    for number in range(6):
        add(acme, name=f"Maria {number}")
    monkeypatch.setattr(search, "CAP", 3)
    monkeypatch.setattr(search.contact_ids, "__kwdefaults__", {"membership": None, "at_most": 3})

    page = alice.get("contact_list", query={"q": "maria", "stage": "customer"})
    assert [row.id for row in page.context["rows"]] == [str(oldest.pk)]
    assert "The filter was applied to the newest" not in page.content.decode()

    # With a filter that many meet, so many newest matches are looked at, and the page says so.
    monkeypatch.setattr(finding, "DEEP", 2)
    many = alice.get("contact_list", query={"q": "maria", "stage": "lead"})
    assert "The filter was applied to the newest" in many.content.decode()


def keyed(tenant: Tenant, *people: Contact) -> None:
    """As the work in the background does a moment after a change."""
    with tenant_context(tenant):
        matching.refresh_keys([person.pk for person in people])
