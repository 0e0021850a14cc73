"""The page of one person: who, what happened, what it is worth, and to whom it is shown."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from contacts import events, services
from contacts.entries import AddressEntry
from contacts.events import NewEvent
from contacts.models import Contact, Identity
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.cast import Member
from tests.contacts.conftest import add

NOW = timezone.now()


def test_facts_are_there_and_absent_ones_say_so(alice: Member, acme: Tenant) -> None:
    person = add(
        acme,
        name="Inês Prata",
        emails=["ines@correio.example", "work@correio.example"],
        phones=["912 345 678"],
        company="Oficina da Luz",
        language="pt",
        time_zone="Europe/Lisbon",
        addresses=[AddressEntry(street="Rua do Almada 212", postcode="4050-000", city="Porto", country="PT")],
        tags=["VIP"],
    )
    with tenant_context(acme):
        Identity.objects.create(contact=person, namespace="shop", external_id="C-1001")

    page = alice.get("contact_page", person.pk).content.decode()

    for shown in (
        *("Inês Prata", "mailto:work@correio.example", "tel:+351912345678", "Oficina da Luz", "Portuguese"),
        *("Rua do Almada 212, 4050-000 Porto, Portugal", "VIP", "C-1001", "Add “Birthday”", "Unassigned"),
    ):
        assert shown in page, shown
    assert page.count('class="origin-mark"') == page.count('class="origin-text"') > 5
    assert "Mark(" not in page


def test_somebody_without_anything_has_a_page(alice: Member, acme: Tenant) -> None:
    nobody = add(acme)

    page = alice.get("contact_page", nobody.pk)

    assert page.status_code == 200
    assert "No name" in page.content.decode()


def test_the_timeline_tells_by_day_newest_first_and_folds_repeats(alice: Member, acme: Tenant, ines: Contact) -> None:
    noon = NOW.replace(hour=12, minute=0)
    with tenant_context(acme):
        views = [NewEvent("page.viewed", ines.pk, at=noon - timedelta(days=9, minutes=m)) for m in range(3)]
        events.record_many([*views, NewEvent("case.opened", ines.pk, at=noon - timedelta(days=10))])

    days = alice.get("contact_page", ines.pk).context["timeline"].days

    assert [len(day.items) for day in days] == [2, 1, 1]
    assert days[0].title.startswith("Today, ")
    (folded,) = days[1].items
    assert (folded.sentence, folded.times, folded.at) == ("Viewed a page", 3, noon - timedelta(days=9))


def test_earlier_events_page_by_page(alice: Member, acme: Tenant, ines: Contact) -> None:
    with tenant_context(acme):
        events.record_many(
            [
                NewEvent("page.viewed", ines.pk, at=NOW - timedelta(minutes=number), properties={"path": f"/{number}"})
                for number in range(70)
            ]
        )
    told: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = alice.get(
            "contact_page", ines.pk, query={"show": "web", "cursor": cursor} if cursor else {"show": "web"}
        )
        timeline = page.context["timeline"]
        told += [line.sentence for day in timeline.days for item in day.items for line in item.lines or [item]]
        cursor = timeline.page.next

    assert told == [f"Viewed /{number}" for number in range(70)]


def test_htmx_gets_only_more_of_the_timeline(alice: Member, ines: Contact) -> None:
    part = alice.get("contact_page", ines.pk, query={"show": "profile"}, htmx=True).content.decode()

    assert "<html" not in part
    assert ">VIP</a>" in part


def test_kinds_can_be_picked(alice: Member, acme: Tenant, ines: Contact) -> None:
    with tenant_context(acme):
        events.record("case.opened", contact=ines)

    def sentences(show: str) -> list[str]:
        timeline = alice.get("contact_page", ines.pk, query={"show": show}).context["timeline"]
        return [item.sentence for day in timeline.days for item in day.items]

    assert sentences("case") == ["Opened a case"]
    assert sentences("profile") == ["Tagged VIP", "Joined"]
    assert len(sentences("")) == 3


def test_revenue_is_shown_to_those_who_may_see_it(alice: Member, bob: Member, acme: Tenant, ines: Contact) -> None:
    with tenant_context(acme):
        for amount, currency in ((100_000, "EUR"), (50_000, "EUR"), (4_200, "PLN")):
            events.record("order.placed", contact=ines, amount=amount, currency=currency)

    worth = alice.get("contact_page", ines.pk).context["worth"]
    assert [(one.currency, one.orders, one.total, one.average) for one in worth] == [
        ("EUR", 2, 150_000, 75_000),
        ("PLN", 1, 4_200, 4_200),
    ]
    hidden = bob.get("contact_page", ines.pk)
    assert hidden.context["worth"] == []
    assert "Placed an order" not in hidden.content.decode()


def test_a_long_history_costs_no_more_queries(alice: Member, acme: Tenant, ines: Contact) -> None:
    alice.get("contact_page", ines.pk)
    with CaptureQueriesContext(connection) as short:
        alice.get("contact_page", ines.pk)
    with tenant_context(acme):
        services.edit_contact(
            contact=ines,
            by=alice.user,
            emails=[f"{n}@correio.example" for n in range(8)],
            phones=[f"+35191234567{n}" for n in range(8)],
            tags=[f"Tag {n}" for n in range(8)],
        )
        events.record_many([NewEvent("page.viewed", ines.pk, actor_id=alice.user.pk) for _number in range(60)])
    with CaptureQueriesContext(connection) as long:
        alice.get("contact_page", ines.pk)

    assert len(long) == len(short)


@pytest.mark.parametrize("number", ["0", "999999999999", "9" * 40])
def test_nobody_by_this_number(alice: Member, number: str) -> None:
    assert alice.client.get(f"{alice.url('contact_list')}{number}/").status_code == 404


def test_who_may(vera: Member, outsider: Member, charlie: Member, ines: Contact) -> None:
    page = vera.get("contact_page", ines.pk)
    assert page.status_code == 200
    assert vera.url("edit_contact", ines.pk) not in page.content.decode()
    assert vera.url("bin_contact", ines.pk) not in page.content.decode()
    assert outsider.get("contact_page", ines.pk).status_code == 404
    assert charlie.get("contact_page", ines.pk).status_code == 404
