"""What a slip of the finger still finds, and who comes first."""

from __future__ import annotations

import pytest

from contacts.models import Contact
from ecrm.tenancy.models import Tenant
from tests.cast import Member
from tests.contacts.conftest import add
from tests.contacts.lists.test_alike import keyed
from tests.contacts.lists.test_bulk import act


@pytest.fixture
def joao(acme: Tenant) -> Contact:
    person = add(acme, name="João Costa", emails=["joao.costa@verdelume.example"], company="Verdelume Torrefação")
    keyed(acme, person, add(acme, name="Petra Nowak", emails=["petra@other.example"], company="Acme Bikes"))
    return person


@pytest.mark.parametrize(
    "term",
    [
        "jaoo",  # two letters of a short word turned
        "ojao",  # the first two
        "jao",
        "jjoao costa",
        "bosta joao",  # the first letter of a word wrong
        "joaocosta",
        "costajoao",
        "joaocosat",
        "Joãocosta",
        "joaocost",
        "joao.cotsa@verdelume.example",
        "joaocosta@verdelme.exmple",
        "jao.costa@",
        "joao.cst@verdelume.example",
        "joao.cost@verdelum",
        "@verdelme.example",
        "verdelme",
        "verdelume torefacao",
    ],
)
def test_slips_in_names_addresses_and_companies(alice: Member, joao: Contact, term: str) -> None:
    assert names_of(alice, "contact_list", term) == ["João Costa"]
    assert "João Costa" in alice.get("palette", query={"q": term}).content.decode()


@pytest.mark.parametrize(
    "term", ["petrakowalska", "maria.silva@verdelume.example", "@nowhere.example", "acmetal", "joaopetra", "@", "%"]
)
def test_what_is_something_else_is_not_found(alice: Member, joao: Contact, term: str) -> None:
    assert names_of(alice, "contact_list", term) == []


@pytest.mark.parametrize("term", ["amce", "acme biks", "Verdelme", "verdelume torefação"])
def test_companies_are_forgiven_too(alice: Member, joao: Contact, term: str) -> None:
    wanted = "Acme Bikes" if term.startswith("a") else "Verdelume Torrefação"

    page = alice.get("company_list", query={"q": term})

    assert [row.name for row in page.context["rows"]] == [wanted]
    assert "written alike" in page.content.decode()
    assert wanted in alice.get("palette", query={"q": term}).content.decode()


def test_sellers_guess_among_their_own(sam: Member, alice: Member, acme: Tenant) -> None:
    mine = add(acme, name="João Costa", emails=["joao.costa@a.example"], owner=sam.user)
    hers = add(acme, name="Joao Costa", emails=["joao.costa@b.example"], owner=alice.user)
    keyed(acme, mine, hers)

    for term in ("joaocosta", "jaoo", "joao.cotsa@"):
        assert [row.id for row in sam.get("contact_list", query={"q": term}).context["rows"]] == [str(mine.pk)]


def test_the_closest_come_first(alice: Member, acme: Tenant) -> None:
    # Made so that the order by activity is another one.
    add(acme, name="Ana")
    add(acme, name="Ana Zoe")
    add(acme, name="Bea Ana")
    add(acme, name="Cid Anabela")
    add(acme, name="Mariana")

    assert names_of(alice, "contact_list", "ana") == ["Ana", "Ana Zoe", "Bea Ana", "Cid Anabela", "Mariana"]
    palette = alice.get("palette", query={"q": "ana"}).content.decode()
    places = [palette.index(f">{name}<") for name in ("Ana", "Ana Zoe", "Bea Ana", "Cid Anabela", "Mariana")]
    assert places == sorted(places)


def test_a_search_in_another_order_is_in_that_order(alice: Member, acme: Tenant) -> None:
    for name in ("Ana", "Mariana", "Bea Ana"):
        add(acme, name=name)

    page = alice.get("contact_list", query={"q": "ana", "sort": "-name"})

    assert [row.name for row in page.context["rows"]] == ["Mariana", "Bea Ana", "Ana"]


def test_the_closest_are_paged_and_walked_through(alice: Member, acme: Tenant) -> None:
    for number in range(60):
        add(acme, name=f"Mariana {number:02}")
    exact = add(acme, name="Aria")
    first = alice.get("contact_list", query={"q": "aria"})
    rows = first.context["rows"]
    rest = alice.get("contact_list", query={"q": "aria", "cursor": first.context["page"].next}).context["rows"]

    assert rows[0].id == str(exact.pk)
    assert len({row.id for row in [*rows, *rest]}) == 61
    back = alice.get("next_contact", exact.pk, query={"in": "q=aria"})
    assert back.url.startswith(f"/acme/contacts/{rows[1].id}/")


def test_those_written_alike_follow_few_exact_ones_in_the_palette(alice: Member, acme: Tenant) -> None:
    keyed(acme, add(acme, name="Marta"), add(acme, name="Martha"))

    palette = alice.get("palette", query={"q": "marta"}).content.decode()

    assert palette.index(">Marta<") < palette.index(">Martha<")


def test_what_the_list_shows_can_be_acted_upon(alice: Member, joao: Contact) -> None:
    page = act(alice, "q=joaocosta", action="stage", all="1")

    assert str(page.context["count"]) == "1"


def names_of(member: Member, page: str, term: str) -> list[str]:
    return [row.name for row in member.get(page, query={"q": term}).context["rows"]]
