"""The list of people in every order and by every usual filter, at its start and half-way through.

Server time as a person signed in meets it, beside the same page with a hundredth of the people, by
turns: a page should not notice how many stand behind it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from django.db import connection
from django.db.models import F, Max, Min
from django.test import Client

from bench import pages, population
from bench.pages import p95
from bench.report import Report
from bench.sizes import count_of, name_of
from contacts.lists import orders, shown
from contacts.lists.query import ListQuery
from contacts.models import Company, Segment, SegmentMembership, Tag
from contacts.querysets import ContactQuerySet
from contacts.segments import recalculation
from contacts.segments.services import create_segment
from ecrm.garbage import spare_what_stays
from ecrm.jobs.models import OutboxEntry
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Membership, Tenant
from ecrm.tenancy.urls import tenant_url
from ecrm.ui import pages as keyset

DEFAULT_SIZE = "100k"
LEAST = 1_000
ROUNDS = pages.WARM_UP + 7
SAMPLE = 101
GOAL_MS = 100.0
GOAL_GROWTH = 1.2
WORST = 10
SEGMENT = "People in France"
SORTS = [*(f"{sign}{name}" for name in orders.PLAIN for sign in ("", "-")), *orders.SHARED]


@dataclass(frozen=True, slots=True)
class Case:
    """One address of the list in a small tenant and in a large one."""

    name: str
    few: str
    many: str


@dataclass(frozen=True, slots=True)
class Found:
    """Milliseconds; ``database`` is the time of the large page's statements."""

    case: Case
    few: list[float]
    many: list[float]
    database: float

    @property
    def growth(self) -> float:
        return median(self.many) / median(self.few)


def run(size: str, report: Report) -> None:
    logging.getLogger("ecrm.request").setLevel(logging.WARNING)
    small = name_of(max(count_of(size) // 100, LEAST))
    tenants = [population.tenant_of(each) for each in (small, size)]
    client = pages._signed_in()
    cases = [Case(name, few, many) for (name, few), (_same, many) in zip(*map(_addresses, tenants), strict=True)]
    spare_what_stays()
    with report.step(f"{len(cases)} lists, {ROUNDS} rounds each, by turns with {small} contacts"):
        found = [_measured(case, tenants[1], client) for case in cases]
    _say(found, small, report)


def _measured(case: Case, tenant: Tenant, client: Client) -> Found:
    statements = pages._statements(pages.Page(case.name, case.many), client)
    for _round in range(2):
        client.get(case.few)
    times = sorted(pages._once(connection, statements, tenant) for _round in range(5))
    here, there = pages._server_times(
        pages.Page(case.name, case.many), pages.Page(case.name, case.few), client, rounds=ROUNDS
    )
    return Found(case, there, here, median(times))


def _say(found: list[Found], small: str, report: Report) -> None:
    for each in found:
        report.add(f"{each.case.name}: p50", median(each.many), "ms", limit=median(each.few))
    for each in sorted(found, key=lambda each: -each.database)[:WORST]:
        report.say(f"{each.case.name}: {each.database:.1f} ms in the database")
    report.add("any list: p95", p95([time for each in found for time in each.many]), "ms", limit=GOAL_MS)
    report.add("dearest list: p95", max(p95(each.many) for each in found), "ms", limit=GOAL_MS)
    report.add("median list: growth", median(each.growth for each in found), "times", limit=GOAL_GROWTH)
    worst = max(found, key=lambda each: each.growth)
    report.add(f"most grown list ({worst.case.name})", worst.growth, "times", limit=GOAL_GROWTH)
    report.say(f"Beside the same list with {small} contacts.")


def _addresses(tenant: Tenant) -> list[tuple[str, str]]:
    """Names and addresses, the same for every tenant in the same order."""
    with tenant_context(tenant):
        membership = Membership.objects.get(tenant=tenant, user__email=population.OWNER)
        questions = {f"by {sort}": f"sort={sort}" for sort in SORTS}
        questions |= {f"only {name}": text for name, text in _filters().items()}
        listing = tenant_url(tenant, "contact_list")
        found = []
        for name, text in questions.items():
            cursor = _half_way(ListQuery.of_text(text, membership))
            found.append((f"{name}, start", f"{listing}?{text}"))
            found.append((f"{name}, deep", f"{listing}?{text}&cursor={cursor}"))
        return found


def _filters() -> dict[str, str]:
    tag, other = Tag.objects.get(name="gift-buyer"), Tag.objects.get(name="vip")
    company = Company.objects.order_by("name")[7]
    return {
        "stage": "stage=customer",
        "country": "country=PL",
        "nobody's": "owner=none",
        "tag": f"tag={tag.pk}",
        "rare tag": f"tag={other.pk}",
        "company": f"company={company.name}",
        "active": "active=30",
        "new": "where=created_at.in_last:30",
        "quiet": "where=last_active_at.not_in_last:90",
        "city": "where=city.any_of:Porto,",
        "language": "where=language.any_of:pt,",
        "opened": "where=event:email.opened.in_last:30",
        "agreed": "where=consent.granted:newsletter",
        "segment": f"where=segment.in:{_segment().pk}",
        "stage and country": "stage=customer&country=PL",
        "stage, tag and city": f"stage=customer&tag={tag.pk}&where=city.any_of:Porto,",
        "tag by name": f"tag={tag.pk}&sort=name",
        "stage by name": "stage=customer&sort=name",
        "country by stage": "country=PL&sort=stage",
        "city by newest": "where=city.any_of:Porto,&sort=-created",
    }


def _segment() -> Segment:
    """Everybody in France, kept as members."""
    found = Segment.objects.filter(name=SEGMENT).first()
    if found is None:
        rule = {"all": [{"criterion": "country", "operator": "any_of", "value": ["FR"]}]}
        found = create_segment(name=SEGMENT, rule=rule, by=None)
        OutboxEntry.objects.filter(task="segments.recalculate").delete()
    if not SegmentMembership.objects.filter(segment=found, left_at=None).exists():
        recalculation.recalculate(found)
    return found


def _half_way(query: ListQuery) -> str:
    """The cursor of a page far from both ends: it begins at somebody in the middle of a sample."""
    column, nothing = orders.SHARED.get(query.sort, ("", None))
    people = query.people() if nothing is None else query.people().exclude(**{column: nothing})
    far = people.order_by("pk").values_list("pk", flat=True)
    middle = far.aggregate(middle=(Min("pk") + Max("pk")) / 2)["middle"]
    if middle is None:
        return ""
    sample = people.among(list(far.filter(pk__gte=middle)[:SAMPLE]))
    if query.sort in orders.SHARED:
        ordered = sample.order_by(F(column).asc(nulls_last=True), "-active_at", "-id")
        return orders._write(orders.Row(*_middle(ordered, [*orders.FIELDS, column])), query.sort, goes_back=False)
    order = shown.order_of(query.sort)
    return keyset.cursor_after(_middle(sample.order_by(*order), [key.removeprefix("-") for key in order]), order=order)


def _middle(people: ContactQuerySet, fields: Sequence[str]) -> tuple[Any, ...]:
    rows = list(people.values_list(*fields))
    return tuple(rows[len(rows) // 2])
