"""From one person to the next, in the list that somebody came from."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from contacts import services
from contacts.models import Contact
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.cast import Member
from tests.contacts.conftest import add

NAMES = ("Ana Prata", "Bela Prata", "Caio Prata", "Duda Prata", "Eva Prata")


@pytest.fixture
def people(acme: Tenant) -> list[Contact]:
    """By name they go one way, by age the other; every second one is a customer."""
    now = timezone.now()
    return [
        add(acme, name=name, stage="customer" if number % 2 == 0 else "lead", at=now - timedelta(days=number))
        for number, name in enumerate(NAMES)
    ]


def walked(member: Member, people: list[Contact], where: str) -> list[str]:
    """The names one meets going on from the first row of the list, by the links of the pages themselves."""
    names = {one.pk: one.name for one in people}
    met: list[str] = []
    url = hrefs(member, where)[0]
    while True:
        page = member.client.get(url, follow=True)
        name = names[page.context["contact"].pk]
        if met and name == met[-1]:
            assert "Nobody comes after" in page.content.decode()
            return met
        met.append(name)
        assert len(met) <= len(people)
        url = page.context["beside"].next_url


def hrefs(member: Member, where: str) -> list[str]:
    page = member.client.get(f"{member.url('contact_list')}?{where}").content.decode()
    return [found.replace("&amp;", "&") for found in re.findall(r'class="row-link who" href="([^"]+)"', page)]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("sort=name", list(NAMES)),
        ("sort=-name", list(NAMES)[::-1]),
        ("sort=created", list(NAMES)[::-1]),
        ("all=1", list(NAMES)),
        ("stage=customer&sort=name", [NAMES[0], NAMES[2], NAMES[4]]),
        ("group=stage", list(NAMES)),
        ("q=prata&sort=name", list(NAMES)),
    ],
)
def test_the_way_through_a_list_is_the_list(
    alice: Member, people: list[Contact], where: str, expected: list[str]
) -> None:
    in_list = [re.search(r"/(\d+)/", url.split("?")[0]) for url in hrefs(alice, where)]
    names = {one.pk: one.name for one in people}

    assert [names[int(found.group(1))] for found in in_list if found] == walked(alice, people, where)
    assert sorted(walked(alice, people, where)) == sorted(expected)


def test_back_goes_the_same_way(alice: Member, people: list[Contact]) -> None:
    second, third = hrefs(alice, "sort=name")[1:3]

    beside = alice.client.get(third).context["beside"]

    assert alice.client.get(beside.previous_url).headers["Location"] == second
    assert "sort=name" in beside.list_url


def test_before_the_first_there_is_nobody(alice: Member, people: list[Contact]) -> None:
    first = hrefs(alice, "sort=name")[0]
    beside = alice.client.get(first).context["beside"]

    answer = alice.client.get(beside.previous_url, follow=True)

    assert answer.redirect_chain[-1][0] == first
    assert "Nobody comes before" in answer.content.decode()


def test_without_a_list_there_are_no_arrows(alice: Member, people: list[Contact]) -> None:
    page = alice.get("contact_page", people[0].pk)

    assert page.context["beside"] is None
    assert 'data-shortcut="next-contact"' not in page.content.decode()


def test_who_left_the_list_still_knows_the_way_on(alice: Member, acme: Tenant, people: list[Contact]) -> None:
    caio = hrefs(alice, "stage=customer&sort=name")[1]
    with tenant_context(acme):
        services.edit_contact(contact=people[2], by=alice.user, stage="lead")

    beside = alice.client.get(caio).context["beside"]

    assert f"/{people[0].pk}/" in alice.client.get(beside.previous_url).headers["Location"]
    assert f"/{people[4].pk}/" in alice.client.get(beside.next_url).headers["Location"]


@pytest.mark.parametrize("text", ["sort=f:none", "where=%00", "x" * 3000, "q=" + "y" * 500, "owner=me&sort=owner"])
def test_an_address_that_means_nothing_breaks_nothing(alice: Member, people: list[Contact], text: str) -> None:
    assert alice.get("contact_page", people[0].pk, query={"in": text}).status_code == 200
    assert alice.get("next_contact", people[0].pk, query={"in": text}).status_code == 302


def test_coming_from_a_list_costs_the_page_nothing(alice: Member, people: list[Contact]) -> None:
    def asked(query: dict[str, str]) -> int:
        with CaptureQueriesContext(connection) as queries:
            alice.get("contact_page", people[2].pk, query=query)
        return len(queries)

    asked({})
    assert asked({"in": "sort=name"}) == asked({})


def test_arrows_cost_the_same_in_a_long_list(alice: Member, acme: Tenant, people: list[Contact]) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            alice.get("next_contact", people[2].pk, query={"in": "sort=name"})
        return len(queries)

    asked()
    few = asked()
    for number in range(30):
        add(acme, name=f"Zoe {number}")

    assert asked() == few
