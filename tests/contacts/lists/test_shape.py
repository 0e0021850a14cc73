"""Columns, orders, groups, density and honest counts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from contacts import fields
from contacts.fields import defining
from contacts.lists import orders
from contacts.lists import query as queries
from contacts.models import Contact
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.cast import Member
from tests.contacts.conftest import add

NOW = timezone.now()


def test_columns_stand_in_the_order_chosen(alice: Member, ines: Contact) -> None:
    page = alice.get("contact_list", query={"columns": "phone,stage,email,nonsense"})

    assert [str(head.label) for head in page.context["heads"]] == ["Name", "Phone", "Stage", "Email"]
    row = page.content.decode().split("<tbody")[1]
    assert row.index("+351 912 345 678") < row.index("Lead") < row.index("ines.prata@")


def test_every_column_is_drawn(alice: Member, acme: Tenant, ines: Contact) -> None:
    everything = "email,place,owner,stage,tags,activity,phone,company,job_title"
    page = alice.get("contact_list", query={"columns": f"{everything},language,source,birthday,created,consent"})

    assert len(page.context["heads"]) == 15
    assert page.status_code == 200


def test_columns_move_by_links(alice: Member, ines: Contact) -> None:
    page = alice.get("list_columns", query={"columns": "email,stage", "sort": "name"})
    first = page.context["taken"][0]

    moved = alice.client.get(first["down"])
    assert [str(each["label"]) for each in moved.context["taken"]] == ["Stage", "Email"]
    gone = alice.client.get(first["remove"])
    assert [str(each["label"]) for each in gone.context["taken"]] == ["Stage"]
    assert "sort=name" in gone.context["list_url"]


@pytest.mark.parametrize("kind", ["number", "text", "date"])
def test_custom_fields_are_columns_and_orders(alice: Member, vera: Member, acme: Tenant, kind: str) -> None:
    values = {"number": [3, 11], "text": ["alfa", "Beta"], "date": ["2026-01-02", "2026-03-01"]}[kind]
    with tenant_context(acme):
        defining.create(entity="contact", by=alice.user, label="Tier", kind=kind, key="tier", visible_to=["marketer"])
    low, high = add(acme, name="Low"), add(acme, name="High")
    add(acme, name="None")
    with tenant_context(acme):
        fields.write("contact", {low.pk: {"tier": values[0]}, high.pk: {"tier": values[1]}}, by=alice.user)

    up = alice.get("contact_list", query={"columns": "f:tier,stage", "sort": "f:tier"})
    down = alice.get("contact_list", query={"columns": "f:tier", "sort": "-f:tier"})

    assert [row.name for row in up.context["rows"]] == ["Low", "High", "None"]
    assert [row.name for row in down.context["rows"]] == ["High", "Low", "None"]
    assert up.context["shown"] == down.context["shown"] == "3 shown of 3"
    assert str(up.context["heads"][1].label) == "Tier"
    # Whose role does not see the field has neither.
    hidden = vera.get("contact_list", query={"columns": "f:tier", "sort": "f:tier"})
    assert "Tier" not in hidden.content.decode()
    assert len(hidden.context["rows"]) == 3


@pytest.mark.parametrize(("sort", "valued"), [("f:seats", 0), ("-f:seats", 20), ("f:seats", 70), ("-f:seats", 130)])
def test_own_fields_lead_through_everybody_and_back(alice: Member, acme: Tenant, sort: str, valued: int) -> None:
    with tenant_context(acme):
        defining.create(entity="contact", by=alice.user, label="Seats", kind="number", key="seats")
    people = [add(acme, name=f"Person {number}", at=NOW - timedelta(hours=number // 4)) for number in range(130)]
    with tenant_context(acme):
        given = {person.pk: {"seats": number % 7} for number, person in enumerate(people[:valued])}
        fields.write("contact", given, by=alice.user)

    forward = _walk(alice, sort, by="sort")
    everybody = [pk for page in forward for pk in page]

    assert sorted(everybody) == sorted(person.pk for person in people)
    seats = [given.get(pk, {}).get("seats") for pk in everybody]
    assert seats[:valued] == sorted((seat for seat in seats if seat is not None), reverse=sort.startswith("-"))
    assert _walk(alice, sort, by="sort", back=True) == forward[:-1][::-1]
    # From each person to the next and back, past the last one with a value.
    for place in {0, 49, min(max(valued - 1, 0), 128), min(valued, 128)}:
        following = alice.get("next_contact", everybody[place], query={"in": f"sort={sort}"}).headers["Location"]
        assert f"/contacts/{everybody[place + 1]}/" in following
        former = alice.get("previous_contact", everybody[place + 1], query={"in": f"sort={sort}"}).headers["Location"]
        assert f"/contacts/{everybody[place]}/" in former


@pytest.mark.parametrize("name", list(orders.SHARED))
def test_groups_lead_through_everybody_and_back(alice: Member, bob: Member, acme: Tenant, name: str) -> None:
    for number in range(130):
        add(
            acme,
            name=f"Person {number}",
            at=NOW - timedelta(hours=number // 4),
            stage=("lead", "customer", "lapsed")[number % 3],
            owner=(alice.user, bob.user, None)[number % 3],
            company=("Luz", "Mar", None)[number % 3],
            country=("PT", "ES", "")[number % 3],
        )

    forward = _walk(alice, name)
    everybody = [pk for page in forward for pk in page]

    assert len(everybody) == len(set(everybody)) == 130
    with tenant_context(acme):
        values = dict(Contact.objects.values_list("pk", orders.SHARED[name][0]))
    seen = [values[pk] for pk in everybody]
    assert seen == sorted(seen, key=lambda value: (value in (None, ""), value or 0 if value in (None, "") else value))
    assert _walk(alice, name, back=True) == forward[:-1][::-1]


def test_groups_have_their_headings(alice: Member, acme: Tenant) -> None:
    add(acme, name="Ana", country="PT")
    add(acme, name="Rui", country="PT")
    add(acme, name="Zoe")

    page = alice.get("contact_list", query={"group": "country"})

    assert page.context["headings"] == {0: "Portugal", 2: "No country"}
    assert page.content.decode().count("group-head") == 2


@pytest.mark.parametrize(("group", "words"), [("owner", ["Alice", "Unassigned"]), ("company", ["Luz", "No company"])])
def test_groups_are_called_by_name(alice: Member, acme: Tenant, group: str, words: list[str]) -> None:
    add(acme, name="Ana", owner=alice.user, company="Luz")
    add(acme, name="Rui")

    page = alice.get("contact_list", query={"group": group})

    assert list(page.context["headings"].values()) == words


def test_an_order_by_stage_is_a_group_without_headings(alice: Member, acme: Tenant) -> None:
    add(acme, name="Ana", stage="lead")
    add(acme, name="Rui", stage="customer")

    page = alice.get("contact_list", query={"sort": "stage"})

    assert [row.name for row in page.context["rows"]] == ["Rui", "Ana"]
    assert "group-head" not in page.content.decode()


@pytest.mark.parametrize("cursor", ["garbage", "eyJhIjoxfQ"])
def test_a_cursor_from_elsewhere_begins_the_group_anew(alice: Member, ines: Contact, cursor: str) -> None:
    page = alice.get("contact_list", query={"group": "stage", "cursor": cursor})

    assert "no longer there" in page.content.decode()


def test_compact_rows(alice: Member, ines: Contact) -> None:
    assert 'class="table stacks compact"' in alice.get("contact_list", query={"density": "compact"}).content.decode()


@pytest.mark.parametrize(
    ("bound", "asked"),
    [
        ("CAP", {"all": "1"}),
        ("CAP", {"stage": "lead"}),
        ("FEWER", {"stage": "lead", "where": "name.contains:person"}),
        ("FEWER", {"stage": "lead", "where": "name.contains:person", "sort": "stage"}),
    ],
)
def test_counts_say_when_they_stop_and_go_on_when_asked(
    bound: str, asked: dict[str, str], alice: Member, acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an index counts alone goes far, what is looked up one by one less far."""
    monkeypatch.setattr(queries, bound, 3)
    for number in range(5):
        add(acme, name=f"Person {number}")

    page = alice.get("contact_list", query=asked)
    assert "more than 3" in page.content.decode()
    assert "Count exactly" in page.content.decode()

    exact = alice.client.get(alice.url("contact_list") + page.context["exact_url"])
    assert str(exact.context["count"]) == "5"


@pytest.mark.parametrize(
    "query",
    [
        {"group": "owner"},
        {"columns": "phone,company,consent,created"},
        {"where": ["country.none_of:ES,", "city.unknown"], "stage": "lead"},
    ],
)
def test_more_people_cost_no_more_queries(alice: Member, acme: Tenant, query: dict[str, Any]) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            alice.get("contact_list", query=query)
        return len(asked)

    add(acme, name="Person", owner=alice.user, stage="lead")
    queries()
    one = queries()
    for number in range(25):
        add(acme, name=f"Person {number}", owner=alice.user, stage="lead", company=f"Firm {number}")

    assert queries() == one


def _walk(member: Member, name: str, *, by: str = "group", back: bool = False) -> list[list[int]]:
    """The ids of each page; backwards from the last."""
    found, cursor = [], None
    while True:
        query = {by: name} | ({"cursor": cursor} if cursor else {})
        page = member.get("contact_list", query=query).context["page"]
        found.append([row.id for row in page.rows])
        if page.next is None:
            break
        cursor = page.next
    if not back:
        return found
    found = []
    while page.previous is not None:
        page = member.get("contact_list", query={by: name, "cursor": page.previous}).context["page"]
        found.append([row.id for row in page.rows])
    return found
