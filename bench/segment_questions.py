"""What somebody waits for while writing a rule, and what asking person by person would cost instead."""

from __future__ import annotations

from itertools import pairwise
from statistics import quantiles
from time import perf_counter
from typing import Any

from bench.report import Report
from contacts.criteria import Scope
from contacts.models import Contact
from contacts.segments import counting
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant

GOAL_MS = 1_000.0
GOAL_TIMES = 300.0
ROUNDS = 5
ASKED = 300


def measure(report: Report, tenant: Tenant, rules: dict[str, dict[str, Any]]) -> None:
    """``rules`` by name; beside them two by two, any and none of them, as people combine conditions."""
    times = []
    for _round in range(ROUNDS):
        for tree in (*rules.values(), *_combined(list(rules.values()))):
            with tenant_context(tenant):
                began = perf_counter()
                counting.drop_off(tree)
                times.append(1000 * (perf_counter() - began))
    report.add("counted while editing, p95", quantiles(times, n=20)[-1], "ms", limit=GOAL_MS)
    name, dearest = list(rules.items())[-1]
    times_faster = _loop(tenant, dearest) / _at_once(tenant, dearest)
    report.add(f"{name}: times faster than one by one", times_faster, "times", limit=GOAL_TIMES)


def _combined(trees: list[dict[str, Any]]) -> list[dict[str, Any]]:
    pairs = list(pairwise(trees))
    return [{kind: list(pair)} for kind in ("all", "any", "none") for pair in pairs]


def _at_once(tenant: Tenant, tree: dict[str, Any]) -> float:
    """Seconds for everybody."""
    with tenant_context(tenant):
        began = perf_counter()
        counting.count(tree)
        return perf_counter() - began


def _loop(tenant: Tenant, tree: dict[str, Any]) -> float:
    """Seconds that everybody would take, from a few of them."""
    with tenant_context(tenant):
        everybody = Contact.objects.filter(binned_at=None)
        count = everybody.count()
        ids = list(everybody.order_by("pk").values_list("pk", flat=True)[:: max(1, count // ASKED)])
        began = perf_counter()
        for pk in ids:
            counting.matching(tree, Scope.current()).filter(pk=pk).exists()
        return (perf_counter() - began) * count / len(ids)
