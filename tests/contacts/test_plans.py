"""Row security must not cost the lists their indexes: what the planner may use, it must be able to.

The tables are small here, so sequential scans are switched off: what is asked is whether an index
*can* answer, which is what row security takes away from a careless condition.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from contacts import history_rows, listing
from contacts.lists import orders
from contacts.models import Contact
from ecrm.tenancy.models import Tenant
from tests.contacts.conftest import add


@pytest.fixture
def _prefer_indexes(in_acme: Tenant) -> None:
    """Enough people that one index is better than another."""
    Contact.objects.bulk_create([Contact(name=f"Person {number}") for number in range(600)])
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute("SET LOCAL enable_incremental_sort = off")


pytestmark = pytest.mark.usefixtures("_prefer_indexes")


@pytest.mark.parametrize(
    ("column", "index"),
    [
        ("name", "contact_by_name"),
        ("created", "contact_newest"),
        ("active", "contact_active"),
        ("changed", "contact_changed"),
    ],
)
@pytest.mark.parametrize("turn", ["", "-"])
def test_every_order_of_the_list_is_an_index(column: str, index: str, turn: str) -> None:
    order = [f"{turn}{key}" for key in orders.PLAIN[column]]

    plan = Contact.objects.unbinned().order_by(*order)[:51].explain()

    assert f"using {index} " in plan
    assert "Sort Key" not in plan


@pytest.mark.parametrize("name", list(orders.SHARED))
def test_groups_are_read_from_indexes_at_any_depth(name: str) -> None:
    people = Contact.objects.unbinned()
    first = orders.by_shared(people, name, cursor=None)

    with CaptureQueriesContext(connection) as asked:
        orders.by_shared(people, name, cursor=None)
        orders.by_shared(people, name, cursor=first.next)

    plans = [explained(query["sql"]) for query in asked if query["sql"].startswith("SELECT")]
    assert plans
    assert not [plan for plan in plans if "Sort Key" in plan]


def explained(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}")
        return "\n".join(row[0] for row in cursor.fetchall())


@pytest.mark.parametrize("is_but", [True, False])
@pytest.mark.parametrize("is_continued", [True, False])
def test_the_timeline_reads_no_more_than_it_shows(in_acme: Tenant, is_but: bool, is_continued: bool) -> None:
    ana = add(in_acme, name="Ana")
    given = {"tenant": in_acme.pk, "contact": ana.pk, "names": ["page.viewed"], "limit": 31}

    with connection.cursor() as cursor:
        statement = history_rows.statement(is_but=is_but, is_continued=is_continued)
        cursor.execute(f"EXPLAIN {statement}", {**given, "at": timezone.now(), "id": 1})
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert "Seq Scan on contacts_event" not in plan
    assert "contact_id" in plan.split("Index Cond", 1)[1]


def test_the_last_activity_looks_into_one_month() -> None:
    at = timezone.now() - timedelta(days=40)
    person = Contact.objects.create(name="Ana", last_active_at=at)

    statement, given = listing.statement([Contact.objects.get(pk=person.pk)])
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}", given)
        plan = [line for (line,) in cursor.fetchall()]

    looked_at = [line for line in plan if " on contacts_event_" in line]
    assert len(looked_at) == 1, plan
    assert at.strftime("contacts_event_%Y_%m") in looked_at[0]


@pytest.mark.django_db(databases=["default", "migrate"])
def test_only_the_searcher_can_use_the_trigrams() -> None:
    """Why the search is a function: under row security the same words cost a look at everybody."""
    condition = "search_text ~~ '%silva%'"

    assert condition in _index_condition("migrate", "SET LOCAL ROLE ecrm_searcher")
    assert condition not in _index_condition("default", "SET LOCAL enable_seqscan = off")


def _index_condition(alias: str, setting: str) -> str:
    with connections[alias].cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(setting)
        cursor.execute("EXPLAIN SELECT id FROM contacts_contact WHERE search_text LIKE '%silva%'")
        return " ".join(row[0] for row in cursor.fetchall() if "Index Cond" in row[0])
