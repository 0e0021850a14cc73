"""The list of people: order, pages, filters, and what it costs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from contacts import events
from contacts.models import Contact, Tag
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.cast import Member
from tests.contacts.conftest import add

NOW = timezone.now()


def test_first_use_says_what_contacts_are(alice: Member, vera: Member) -> None:
    page = alice.get("contact_list").content.decode()
    assert "No contacts yet" in page
    assert alice.url("import_list") in page
    assert vera.url("create_contact") not in vera.get("contact_list").content.decode()


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("name", ["Álvaro", "beatriz", "Zofia", "anon@correio.example", ""]),
        ("-created", ["Zofia", "beatriz", "Álvaro", "anon@correio.example", ""]),
        ("-active", ["Álvaro", "Zofia", "beatriz", "anon@correio.example", ""]),
        ("nonsense", ["Álvaro", "Zofia", "beatriz", "anon@correio.example", ""]),
    ],
)
def test_orders(alice: Member, acme: Tenant, sort: str, names: list[str]) -> None:
    alvaro = add(acme, name="Álvaro", at=NOW - timedelta(days=3))
    add(acme, name="beatriz", at=NOW - timedelta(days=2))
    add(acme, name="Zofia", at=NOW - timedelta(days=1))
    add(acme, emails=["anon@correio.example"], at=NOW - timedelta(days=8))
    add(acme, at=NOW - timedelta(days=9))
    with tenant_context(acme):
        events.record("page.viewed", contact=alvaro, at=NOW)
    expected = names if sort != "name" else ["Álvaro", "anon@correio.example", "beatriz", "Zofia", ""]

    rows = alice.get("contact_list", query={"sort": sort}).context["rows"]

    assert [row.name or row.email for row in rows] == expected


@pytest.mark.parametrize("sort", ["name", "-created", "-active"])
def test_pages_lead_through_everybody_and_back(alice: Member, acme: Tenant, sort: str) -> None:
    for number in range(120):
        # Ties in every order: the id decides.
        add(acme, name=f"Person {number // 7}", at=NOW - timedelta(days=number // 9))

    forward = list(_walk(alice, sort, "next"))
    backward = list(_walk(alice, sort, "previous", cursor=forward[-1][1]))

    assert [pk for rows, _cursor in forward for pk in rows] == _everybody(acme, sort)
    assert [rows for rows, _cursor in backward] == [rows for rows, _cursor in forward[:-1]][::-1]


def test_a_cursor_from_elsewhere_begins_anew_and_says_so(alice: Member, ines: Contact) -> None:
    page = alice.get("contact_list", query={"cursor": "garbage"})

    assert [row.name for row in page.context["rows"]] == ["Inês Prata"]
    assert "no longer there" in page.content.decode()


def test_filters(alice: Member, bob: Member, acme: Tenant) -> None:
    ana = add(acme, name="Ana", stage="customer", country="PT", owner=bob.user, tags=["VIP"], company="Luz, Lda")
    rui = add(acme, name="Rui", stage="lead", country="ES")
    with tenant_context(acme):
        events.record("page.viewed", contact=ana, at=NOW - timedelta(days=3))
        vip = Tag.objects.get(name="VIP").pk

    for query, expected in [
        ({"stage": "customer"}, [ana]),
        ({"stage": ["customer", "lead"]}, [ana, rui]),
        ({"country": "es"}, [rui]),
        ({"owner": bob.user.pk}, [ana]),
        ({"owner": "none"}, [rui]),
        ({"owner": "me"}, []),
        ({"tag": vip}, [ana]),
        ({"company": "LUZ,  lda"}, [ana]),
        ({"active": "7"}, [ana]),
        ({"active": "never"}, [rui]),
        ({"stage": "customer", "country": "ES"}, []),
        ({"stage": "customer", "q": "ana"}, [ana]),
        ({"stage": "lead", "q": "ana"}, []),
    ]:
        assert _names(alice, query) == sorted(str(person) for person in expected), query


def test_a_filter_in_force_is_a_chip_that_can_go(alice: Member, ines: Contact) -> None:
    page = alice.get("contact_list", query={"stage": "lapsed", "q": "ines", "sort": "name"})

    assert "Nobody matches" in page.content.decode()
    (chip,) = page.context["chips"]
    assert chip.label == "Stage is any of Lapsed"
    assert _names(alice, chip.remove_url) == ["Inês Prata"]


@pytest.mark.parametrize(
    "query",
    [
        {"tag": "999999"},
        {"tag": "x"},
        {"stage": "king"},
        {"owner": "999999999"},
        {"owner": "9" * 40},
        {"country": "??"},
        {"active": "soon"},
        {"company": "a\x00b"},
    ],
)
def test_a_filter_that_means_nothing_is_left_out_and_said(alice: Member, ines: Contact, query: dict[str, str]) -> None:
    page = alice.get("contact_list", query=query)

    assert "Part of the filter means nothing" in page.content.decode()
    assert [row.name for row in page.context["rows"]] == ["Inês Prata"]
    assert alice.get("filter_contacts", query=query).status_code == 200


def test_a_null_character_in_the_search_is_ignored(alice: Member, ines: Contact) -> None:
    assert _names(alice, {"q": "in\x00es"}) == ["Inês Prata"]


def test_another_workspaces_tag_filters_nothing(alice: Member, globex: Tenant, ines: Contact) -> None:
    add(globex, name="Stranger", tags=["Secret"])
    with tenant_context(globex):
        foreign = Tag.objects.get().pk

    page = alice.get("contact_list", query={"tag": foreign})

    assert "Secret" not in page.content.decode()
    assert "Part of the filter means nothing" in page.content.decode()


def test_htmx_gets_the_part_and_a_browser_the_page(alice: Member, ines: Contact) -> None:
    part = alice.get("contact_list", query={"q": "ines"}, htmx=True).content.decode()
    page = alice.get("contact_list", query={"q": "ines"}).content.decode()

    assert "<html" not in part
    assert 'id="people"' in part
    assert "<html" in page
    assert 'id="people"' in page
    assert alice.url("contact_page", ines.pk) in part


def test_last_activity_hides_revenue_from_who_may_not_see_it(
    alice: Member, bob: Member, acme: Tenant, ines: Contact
) -> None:
    with tenant_context(acme):
        events.record("order.placed", contact=ines, amount=199_900, currency="EUR", at=NOW)

    assert "1,999" in alice.get("contact_list").content.decode()
    shown = bob.get("contact_list").content.decode()
    assert "1,999" not in shown
    assert "Order placed" in shown


def test_sellers_see_their_own_and_nobodys(sam: Member, alice: Member, acme: Tenant) -> None:
    add(acme, name="Mine", owner=sam.user)
    add(acme, name="Nobodys")
    add(acme, name="Alices", owner=alice.user)

    assert _names(sam, {}) == ["Mine", "Nobodys"]


def test_odd_names_have_their_row(alice: Member, acme: Tenant) -> None:
    for name in ("x" * 200, "محمد بن عبد الله", "<script>alert(1)</script>", "A\u202eB"):
        add(acme, name=name)
    add(acme)

    page = alice.get("contact_list")

    assert len(page.context["rows"]) == 5
    assert "<script>alert" not in page.content.decode()
    assert "No name" in page.content.decode()


def test_who_may(outsider: Member, ines: Contact) -> None:
    assert outsider.get("contact_list").status_code == 404
    assert outsider.get("filter_contacts").status_code == 404


def test_more_people_cost_no_more_queries(alice: Member, acme: Tenant, ines: Contact) -> None:
    alice.get("contact_list")
    with CaptureQueriesContext(connection) as one:
        alice.get("contact_list")
    for number in range(30):
        person = add(
            acme, name=f"Person {number}", owner=alice.user, tags=["VIP", "Press"], emails=[f"p{number}@x.example"]
        )
        with tenant_context(acme):
            events.record("page.viewed", contact=person)
    with CaptureQueriesContext(connection) as many:
        assert len(alice.get("contact_list").context["rows"]) == 31

    assert len(many) == len(one)


def _names(member: Member, query: dict[str, Any] | str) -> list[str]:
    if isinstance(query, str):
        page = member.client.get(member.url("contact_list") + query)
    else:
        page = member.get("contact_list", query=query)
    return sorted(row.name for row in page.context["rows"])


def _walk(member: Member, sort: str, direction: str, cursor: str | None = None) -> Any:
    """(ids of a page, the cursor that leads to it) until the list ends that way."""
    if direction == "previous":
        page = member.get("contact_list", query={"sort": sort, "cursor": cursor}).context["page"]
        cursor = page.previous
    while cursor is not None or direction == "next":
        query = {"sort": sort} | ({"cursor": cursor} if cursor else {})
        page = member.get("contact_list", query=query).context["page"]
        yield [person.id for person in page.rows], cursor
        cursor = getattr(page, direction)
        if cursor is None:
            return


def _everybody(tenant: Tenant, sort: str) -> list[int]:
    keys = {"name": ("sort_key", "id"), "-created": ("-created_at", "-id"), "-active": ("-active_at", "-id")}
    with tenant_context(tenant):
        return list(Contact.objects.order_by(*keys[sort]).values_list("pk", flat=True))


def test_the_toasts_of_an_act_on_many_say_how_many(alice: Member, acme: Tenant) -> None:
    people = [add(acme, name=f"Person {number}") for number in range(2)]

    answer = alice.post(
        "act_on_contacts",
        form={"action": "tag", "tag-tags": "Press, VIP", "contact": [person.pk for person in people]},
    )

    assert "Add tags: Press, VIP. 2 contacts changed." in alice.client.get(answer.url).content.decode()
    with tenant_context(acme):
        assert sorted(people[0].taggings.values_list("tag__name", flat=True)) == ["Press", "VIP"]
