"""Rules reach their indexes although row security stands before every row."""

from typing import Any

import pytest

from bench import population
from contacts.criteria import Scope
from contacts.models import SegmentMembership, Tag
from contacts.segments import counting
from contacts.segments.recalculation import recalculate
from contacts.segments.services import create_segment, members
from ecrm.tenancy.context import tenant_context
from tests.segments.conftest import condition

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True, databases=["default", "migrate", "dispatch"]),
]

READS_OF_EVENTS = {
    "event": condition("event:email.opened", "in_last", 10),
    "not event": condition("event:email.opened", "not_in_last", 10),
    "event often": condition("event:email.opened", "at_least", {"times": 2, "days": 10}),
    "spent": condition("spent", "spent", {"amount": {"minor": 100, "currency": "EUR"}, "days": 10}),
}


def test_no_condition_reads_a_whole_table_that_grows() -> None:
    """One tenant of 6,000 people: as the app, with the statistics that a real one has."""
    with tenant_context(population.tenant_of("6k")):
        for name, rule in READS_OF_EVENTS.items():
            plan = explained(rule)
            assert "occurred_at >=" in index_conditions(plan, "contacts_event"), f"{name}\n{plan}"
            assert "Seq Scan on contacts_event_2" not in without_empty_partitions(plan), f"{name}\n{plan}"
        tag = Tag.objects.get(name="press")
        assert f"tag_id = {tag.pk}" in index_conditions(explained(condition("tag", "any_of", [tag.pk])), "tagging")
        assert "address_norm" in index_conditions(
            explained(condition("email", "any_of", ["person7@example.net"])), "emailaddress"
        )
        segment = create_segment(name="Press", rule=condition("tag", "any_of", [tag.pk]), by=None)
        recalculate(segment)
        assert SegmentMembership.objects.count() > 100
        assert f"segment_id = {segment.pk}" in index_conditions(members(segment).explain(), "segmentmembership")


def explained(rule: Any) -> str:
    return counting.matching(rule, Scope.current()).explain()


def index_conditions(plan: str, table: str) -> str:
    """The conditions of every index scan of a table."""
    lines = plan.splitlines()
    scans = [number for number, line in enumerate(lines) if "Index" in line and " on " in line and table in line]
    return "\n".join(line for number in scans for line in lines[number + 1 : number + 2] if "Index Cond" in line)


def without_empty_partitions(plan: str) -> str:
    """Months to come hold nothing, and nothing is quicker to read than that."""
    return "\n".join(line for line in plan.splitlines() if "rows=1 " not in line)
