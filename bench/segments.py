"""How fast segments follow people: five rules over a whole tenant, and over a thousand touched people.

Beside it, by turns in the same run: hand-written SQL with the same rules, which writes the same
memberships, causes, entry and exit events, as a role that row security does not concern.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from statistics import median
from time import perf_counter
from typing import Any

from django.db import connections, transaction

from bench import population, segment_questions
from bench.report import Report
from bench.segment_twins import LIVE, Rule, rules
from bench.sizes import count_of
from consent.models import Purpose
from contacts import dirty
from contacts.models import Contact, Event, Segment, SegmentMembership, Tag
from contacts.segments import causes, counting, recalculation
from contacts.segments.services import create_segment
from ecrm.jobs.models import OutboxEntry
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant

DEFAULT_SIZE = "100k"
ROUNDS = 6
SMALLER = ("10k", "100k")
TOUCHED = 1_000
GOAL_MS = 150.0


def run(size: str, report: Report) -> None:
    with report.step("People are there"):
        tenant = population.tenant_of(size)
    asked = _rules(tenant)
    ours = [_segment(tenant, f"Bench {rule.name}", rule) for rule in asked]
    twins = [_segment(tenant, f"Twin {rule.name}", rule) for rule in asked]
    members = _say_members(report, tenant, asked)
    _compare(report, "membership built", tenant, asked, ours, twins, members=members, before=_empty)
    _compare(report, "membership refreshed, 1 % drifted", tenant, asked, ours, twins, members=members, before=_drift)
    _compare_touched(report, tenant, ours)
    segment_questions.measure(report, tenant, {rule.name: rule.tree for rule in asked})
    _tidy(tenant)
    _grow(report, size)


def _rules(tenant: Tenant) -> list[Rule]:
    with tenant_context(tenant):
        return rules(Tag.objects.get(name="gift-buyer").pk, Purpose.objects.get(key="newsletter").pk)


def _segment(tenant: Tenant, name: str, rule: Rule) -> Segment:
    with tenant_context(tenant):
        Segment.objects.filter(name=name).delete()
        segment = create_segment(name=name, rule=rule.tree, by=None)
        # The bench asks for every calculation itself.
        OutboxEntry.objects.filter(task="segments.recalculate").delete()
        return segment


def _say_members(report: Report, tenant: Tenant, rules: list[Rule]) -> dict[str, int]:
    found = {}
    for rule in rules:
        with tenant_context(tenant):
            began = perf_counter()
            count = counting.count(rule.tree)
            seconds = perf_counter() - began
        by_hand = _owner(f"SELECT count(*) FROM contacts_contact c WHERE {LIVE} AND {rule.sql}", tenant)[0][0]
        # The clock went on between the two.
        assert abs(count - by_hand) <= 5, f"{rule.name}: {count} people, by hand {by_hand}"
        report.say(f"{rule.name}: {count:,} people, counted in {1000 * seconds:.0f} ms")
        found[rule.name] = count
    return found


def _compare(
    report: Report,
    what: str,
    tenant: Tenant,
    rules: list[Rule],
    ours: list[Segment],
    twins: list[Segment],
    *,
    members: dict[str, int],
    before: Callable[[Tenant], None],
) -> None:
    """By turns, so that a busy machine slows both alike; medians of each rule, added up."""
    # Built from nothing, a large segment is one act; a hundredth that drifted has a story each.
    has_causes = {rule.name: before is _drift or members[rule.name] <= causes.MOST for rule in rules}
    times: dict[str, tuple[list[float], list[float]]] = {rule.name: ([], []) for rule in rules}
    for number in range(ROUNDS):
        before(tenant)
        for rule, segment, twin in zip(rules, ours, twins, strict=True):
            turns = [
                (0, partial(_by_product, tenant, segment)),
                (1, partial(_by_hand, tenant, twin, rule.statement(has_causes=has_causes[rule.name]))),
            ]
            # Whoever comes first finds the tables cold.
            for side, measured in turns if number % 2 else turns[::-1]:
                times[rule.name][side].append(measured())
    for name, (mine, theirs) in times.items():
        report.add(f"{what}: {name}", 1000 * median(mine), "ms", limit=1000 * median(theirs))
    product, hand = (sum(median(pair[side]) for pair in times.values()) for side in (0, 1))
    report.add(f"{what}: all five", 1000 * product, "ms", limit=1000 * hand)
    _check_same(tenant, ours, twins)


def _by_product(tenant: Tenant, segment: Segment) -> float:
    began = perf_counter()
    with tenant_context(tenant):
        recalculation.recalculate(segment)
    return perf_counter() - began


def _by_hand(tenant: Tenant, twin: Segment, statement: str) -> float:
    began = perf_counter()
    with transaction.atomic(using="migrate"):
        _owner("SET LOCAL work_mem = '64MB'", tenant)
        _owner(statement, tenant, segment=twin.pk, name=twin.name)
    return perf_counter() - began


def _check_same(tenant: Tenant, ours: list[Segment], twins: list[Segment]) -> None:
    """The two wrote the same people, for the same causes, and as many events."""
    with tenant_context(tenant):
        for segment, twin in zip(ours, twins, strict=True):
            mine, theirs = (
                set(SegmentMembership.objects.filter(segment=each, left_at=None).values_list("contact", flat=True))
                for each in (segment, twin)
            )
            # The clock went on between the two.
            assert len(mine ^ theirs) <= 5, f"{segment.name}: {len(mine)} and {len(theirs)} members"
            told = [
                Event.objects.filter(object_type="contacts.segment", object_id=each.pk).count()
                for each in (segment, twin)
            ]
            assert told[0] > 0, f"{segment.name} told nobody"
            assert abs(told[0] - told[1]) <= 5, f"{segment.name}: {told[0]} and {told[1]} events"
            why = [_causes(each) for each in (segment, twin)]
            assert sum((why[0] - why[1]).values()) <= 5, f"{segment.name}: {why[0]} and {why[1]}"


def _causes(segment: Segment) -> Counter[Any]:
    """How many stays began and ended for which cause. Those that the bench itself made have none."""
    named = ("entered_cause", "entered_place", "left_cause", "left_place")
    return Counter(SegmentMembership.objects.filter(segment=segment).values_list(*named))


def _empty(tenant: Tenant) -> None:
    _owner("DELETE FROM contacts_segmentmembership WHERE tenant_id = %(tenant)s", tenant)
    _owner("DELETE FROM contacts_event WHERE tenant_id = %(tenant)s AND name LIKE 'segment.%%'", tenant)
    _settle()


def _drift(tenant: Tenant) -> None:
    """Half a percent of the members are forgotten, as many strangers put in."""
    _owner(
        "DELETE FROM contacts_segmentmembership"
        " WHERE tenant_id = %(tenant)s AND (left_at IS NOT NULL OR contact_id %% 200 = 0)",
        tenant,
    )
    _owner(
        "INSERT INTO contacts_segmentmembership (tenant_id, segment_id, contact_id, entered_at)"
        " SELECT c.tenant_id, s.id, c.id, now() FROM contacts_contact c JOIN contacts_segment s"
        "   ON s.tenant_id = c.tenant_id AND (s.name LIKE 'Bench %%' OR s.name LIKE 'Twin %%')"
        " WHERE c.tenant_id = %(tenant)s AND c.id %% 200 = 1"
        " ON CONFLICT (tenant_id, segment_id, contact_id) WHERE left_at IS NULL DO NOTHING",
        tenant,
    )
    _owner("DELETE FROM contacts_event WHERE tenant_id = %(tenant)s AND name LIKE 'segment.%%'", tenant)
    _settle()


def _settle() -> None:
    for table in (SegmentMembership.table(), Event.table()):
        with connections["migrate"].cursor() as cursor:
            cursor.execute(f"VACUUM ANALYZE {table}")


def _compare_touched(report: Report, tenant: Tenant, ours: list[Segment]) -> None:
    """A thousand people move to another country; all their segments are looked at again."""
    times = []
    with tenant_context(tenant):
        Segment.objects.filter(name__startswith="Twin").update(archived_at="2026-01-01T00:00Z")
        dirty.take(10**7)
    for number in range(ROUNDS):
        with tenant_context(tenant):
            ids = list(Contact.objects.order_by("id").values_list("pk", flat=True)[number::97][:TOUCHED])
            Contact.objects.filter(pk__in=ids).update(country="PL" if number % 2 else "FR")
            dirty.mark(ids)
        began = perf_counter()
        with tenant_context(tenant):
            recalculation.refresh_dirty()
        times.append(perf_counter() - began)
    report.add(f"{len(ids):,} touched people, five segments", 1000 * median(times), "ms", limit=GOAL_MS)
    with tenant_context(tenant):
        kept = SegmentMembership.objects.filter(segment=ours[0], left_at=None).count()
        assert kept == counting.count(ours[0].rule), "the touched people were looked at again"


def _grow(report: Report, size: str) -> None:
    """The same refresh where there are fewer people."""
    for smaller in SMALLER:
        if count_of(smaller) < count_of(size):
            tenant = population.tenant_of(smaller)
            ours = [_segment(tenant, f"Bench {rule.name}", rule) for rule in _rules(tenant)]
            for segment in ours:
                _by_product(tenant, segment)
            times = []
            for _number in range(ROUNDS // 2):
                _drift(tenant)
                times.append(sum(_by_product(tenant, segment) for segment in ours))
            report.add(f"{smaller} people: all five refreshed", 1000 * median(times), "ms")
            _tidy(tenant)


def _tidy(tenant: Tenant) -> None:
    _empty(tenant)
    with tenant_context(tenant):
        Segment.objects.filter(name__startswith="Twin ").delete()
        Segment.objects.filter(name__startswith="Bench ").delete()


def _owner(sql: str, tenant: Tenant, **given: Any) -> list[tuple[Any, ...]]:
    with connections["migrate"].cursor() as cursor:
        cursor.execute(sql, {"tenant": tenant.pk, **given})
        return list(cursor.fetchall()) if cursor.description else []
