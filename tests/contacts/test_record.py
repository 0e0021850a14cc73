"""Writing the history: once, for good, and with everything that follows from it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone

from contacts import events, reactions
from contacts.events import NewEvent
from contacts.models import Contact, DirtyContact, Event
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant, User
from tests.contacts.conftest import add, fresh, told

NOW = timezone.now()


def test_an_event_keeps_its_facts(in_acme: Tenant, owner: User, ines: Contact) -> None:
    events.record(
        "order.placed",
        contact=ines,
        at=NOW - timedelta(days=40),
        by=owner,
        source="shop",
        source_id=7,
        amount=1999,
        currency="EUR",
        subject=ines,
        properties={"number": "VL-1", "weight": 1.5},
    )

    event = Event.objects.get(name="order.placed")
    assert (event.contact_id, event.occurred_at, event.actor_id) == (ines.pk, NOW - timedelta(days=40), owner.pk)
    assert (event.amount, event.currency, event.source_type, event.source_id) == (1999, "EUR", "shop", 7)
    assert (event.object_type, event.object_id) == ("contacts.contact", ines.pk)
    assert event.properties == {"number": "VL-1", "weight": 1.5}


def test_the_same_key_is_recorded_once(in_acme: Tenant, ines: Contact) -> None:
    assert events.record("order.placed", contact=ines, source="shop", key="VL-1")
    assert not events.record("order.placed", contact=ines, source="shop", key="VL-1")
    assert events.record("order.placed", contact=ines, source="till", key="VL-1")
    assert told(ines).count("order.placed") == 2


def test_one_batch_may_hold_a_key_twice(in_acme: Tenant, ines: Contact) -> None:
    batch = [NewEvent("page.viewed", ines.pk, source="web", key=key, amount=n) for n, key in enumerate("aab")]

    assert events.record_many(batch) == 2
    assert events.record_many(batch) == 0
    assert sorted(Event.objects.filter(name="page.viewed").values_list("amount", flat=True)) == [0, 2]


def test_a_key_of_one_workspace_is_not_anothers(acme: Tenant, globex: Tenant) -> None:
    for tenant in (acme, globex):
        person = add(tenant, name="Ana")
        with tenant_context(tenant):
            assert events.record("order.placed", contact=person, source="shop", key="VL-1")


def test_an_unknown_name_is_a_mistake(in_acme: Tenant, ines: Contact) -> None:
    with pytest.raises(events.UnknownEvent, match=r"order\.plcaed"):
        events.record("order.plcaed", contact=ines)


@pytest.mark.parametrize(("name", "moves"), [("order.placed", True), ("page.viewed", True), ("contact.tagged", False)])
def test_only_what_the_person_did_makes_them_active(in_acme: Tenant, ines: Contact, name: str, moves: bool) -> None:
    at = NOW + timedelta(hours=1)
    events.record(name, contact=ines, at=at)

    assert fresh(ines).last_active_at == (at if moves else None)


def test_old_news_does_not_make_somebody_less_active(in_acme: Tenant, ines: Contact) -> None:
    events.record_many([NewEvent("page.viewed", ines.pk, at=NOW - timedelta(days=days)) for days in (3, 1, 2)])
    events.record("page.viewed", contact=ines, at=NOW - timedelta(days=9))

    assert fresh(ines).last_active_at == NOW - timedelta(days=1)


def test_people_something_happened_to_wait_for_their_segments(in_acme: Tenant, ines: Contact) -> None:
    DirtyContact.objects.all().delete()

    events.record("page.viewed", contact=ines)

    assert set(DirtyContact.objects.values_list("contact_id", flat=True)) == {ines.pk}


def test_reactions_hear_each_new_event_once(in_acme: Tenant, ines: Contact, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[tuple[str, str]] = []
    monkeypatch.setattr(reactions, "_listeners", type(reactions._listeners)(list))
    reactions.register("order.placed", lambda batch: heard.extend((one.name, one.key) for one in batch))

    events.record_many(
        [
            NewEvent("order.placed", ines.pk, source="shop", key="1"),
            NewEvent("order.placed", ines.pk, source="shop", key="1"),
            NewEvent("page.viewed", ines.pk),
        ]
    )

    assert heard == [("order.placed", "1")]


@pytest.mark.parametrize("days", [-20, 0, 700, 9000])
def test_any_instant_has_a_place(in_acme: Tenant, ines: Contact, days: int) -> None:
    at = NOW - timedelta(days=days)
    events.record("page.viewed", contact=ines, at=at)

    assert Event.objects.get(name="page.viewed").occurred_at == at


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE contacts_event SET name = 'order.placed'",
        "UPDATE contacts_event SET contact_id = NULL",
        "DELETE FROM contacts_event",
        "TRUNCATE contacts_event",
        "SELECT * FROM contacts_event_default",
    ],
)
def test_the_app_cannot_change_what_happened(in_acme: Tenant, ines: Contact, statement: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        connection.cursor().execute(statement)


def test_a_history_moves_to_another_person_and_only_there(in_acme: Tenant, ines: Contact) -> None:
    other = add(in_acme, name="Other")
    events.record("page.viewed", contact=other)

    assert _call("reassign_events", other.pk, ines.pk) == 2
    assert told(other) == []
    assert told(ines).count("page.viewed") == 1


def test_a_history_never_leaves_its_workspace(in_acme: Tenant, globex: Tenant, ines: Contact) -> None:
    stranger = add(globex, name="Stranger")

    with pytest.raises(Exception, match="no such contact"), transaction.atomic():
        _call("reassign_events", ines.pk, stranger.pk)
    with tenant_context(globex):
        assert _call("blank_events", ines.pk) == 0
    assert told(ines) == ["contact.created", "contact.tagged"]


def test_erasure_keeps_the_count_and_forgets_the_person(in_acme: Tenant, ines: Contact) -> None:
    events.record("order.placed", contact=ines, amount=500, currency="EUR", properties={"note": "for Ana"})

    assert _call("blank_events", ines.pk) == 3

    order = Event.objects.get(name="order.placed")
    assert (order.contact_id, order.properties, order.amount) == (None, {}, 500)


def _call(function: str, *arguments: object) -> int:
    with connection.cursor() as cursor:
        marks = ", ".join(["%s"] * len(arguments))
        cursor.execute(f"SELECT {function}({marks})", arguments)
        row = cursor.fetchone()
    return int(row[0])


def test_partitions_are_made_once_and_hold_what_waited(in_acme: Tenant, ines: Contact) -> None:
    at = datetime(2011, 5, 17, tzinfo=NOW.tzinfo)
    events.record("page.viewed", contact=ines, at=at)

    assert _call("ensure_partitions", "2011-05-01", "2011-06-30") == 2
    assert _call("ensure_partitions", "2011-05-15", "2011-06-30") == 0

    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM contacts_event WHERE name = 'page.viewed'")
        assert cursor.fetchone() == ("contacts_event_2011_05",)
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        connection.cursor().execute("SELECT * FROM contacts_event_2011_05")


def test_an_impossible_span_of_months_is_refused(in_acme: Tenant) -> None:
    with pytest.raises(Exception, match="plausible"), transaction.atomic():
        _call("ensure_partitions", "0100-01-01", "2026-01-01")


def test_tending_makes_the_months_to_come(in_acme: Tenant) -> None:
    _call("tend_partitions")
    ahead = (NOW + timedelta(days=62)).strftime("contacts_event_%Y_%m")

    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('public.' || %s) IS NOT NULL", [ahead])
        assert cursor.fetchone() == (True,)
