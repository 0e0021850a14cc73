"""Finding people however they are written, and nobody one must not see."""

from __future__ import annotations

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contacts import search, services
from contacts.models import Contact
from ecrm.tenancy.context import MissingTenant, no_tenant, tenant_context
from ecrm.tenancy.models import Tenant, User
from tests.cast import Member
from tests.contacts.conftest import add


@pytest.mark.parametrize(
    "term",
    [
        "Inês",
        "ines",
        "INES PRATA",
        "prata inês",
        "rata",
        "ines.prata@correio.example",
        "correio.example",
        "+351 912 345 678",
        "912345678",
        "912 345 678",
        "(912) 345-678",
        "00351912345678",
        "0912 345 678",
        "oficina",
        "Ines Luz",
        "in",
        "  ines   ",
    ],
)
def test_written_in_any_way(acme: Tenant, term: str) -> None:
    person = add(
        acme,
        name="Inês Prata",
        emails=["ines.prata@correio.example"],
        phones=["+351 912 345 678"],
        company="Oficina da Luz",
    )
    add(acme, name="Somebody Else", emails=["else@other.example"], phones=["+48 512 000 000"])

    assert _found(acme, term) == [person]


@pytest.mark.parametrize(
    "term", ["zzz", "", "   ", "%", "_", "ines%prata", "ines_prata", "\\", "'", "ines zzz", "x" * 500]
)
def test_what_nobody_holds_finds_nobody(acme: Tenant, ines: Contact, term: str) -> None:
    assert _found(acme, term) == []


def test_wildcards_are_letters_like_others(acme: Tenant) -> None:
    odd = add(acme, name="100% Wool_Shop \\ Sons")
    add(acme, name="1000 Woolxshop")

    for term in ("100%", "wool_shop", "\\ sons"):
        assert _found(acme, term) == [odd]


def test_changes_are_found_at_once(acme: Tenant, owner: User, ines: Contact) -> None:
    with tenant_context(acme):
        services.edit_contact(contact=ines, by=owner, name="Beatriz", emails=["bia@correio.example"], company="Luz")

    assert _found(acme, "bia luz beatriz") == [ines]
    assert _found(acme, "ines.prata") == []


def test_the_bin_and_other_workspaces_are_not_searched(
    acme: Tenant, globex: Tenant, owner: User, ines: Contact
) -> None:
    add(globex, name="Inês of Globex")
    assert _found(acme, "ines") == [ines]

    with tenant_context(acme):
        services.bin_contact(contact=ines, by=owner)
    assert _found(acme, "ines") == []


def test_sellers_find_their_own_and_nobodys(sam: Member, alice: Member, acme: Tenant) -> None:
    mine = add(acme, name="Ana Mine", owner=sam.user)
    nobodys = add(acme, name="Ana Nobody")
    add(acme, name="Ana Alices", owner=alice.user)

    page = sam.get("contact_list", query={"q": "ana"})

    assert {row.id for row in page.context["rows"]} == {str(mine.pk), str(nobodys.pk)}


def test_the_cap_counts_only_visible_people(sam: Member, alice: Member, acme: Tenant) -> None:
    mine = add(acme, name="Ana Mine", owner=sam.user)
    for number in range(3):
        add(acme, name=f"Ana {number}", owner=alice.user)

    with tenant_context(acme):
        membership = sam.user.memberships.get()
        assert search.contact_ids("ana", membership=membership, at_most=1) == [mine.pk]


def test_the_function_refuses_to_look_without_a_workspace(db: None) -> None:
    with no_tenant(), pytest.raises(MissingTenant):
        list(Contact.objects.all())
    with pytest.raises(Exception, match="no tenant is set"), connection.cursor() as cursor:
        cursor.execute("SELECT search.contact_ids('ana', 10)")


def test_short_names_are_found(acme: Tenant) -> None:
    ana_o = add(acme, name="Ó")
    add(acme, name="Bruno")

    assert _found(acme, "o") == [ana_o]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=3, max_size=40))
def test_a_person_is_found_by_their_whole_name(acme: Tenant, name: str) -> None:
    with tenant_context(acme):
        person = services.create_contact(by=None, name=name)
        if any(len(word) > 2 for word in person.name.split()):
            assert person.pk in search.contact_ids(person.name)


def _found(tenant: Tenant, term: str) -> list[Contact]:
    with tenant_context(tenant):
        return list(Contact.objects.unbinned().matching(term))
