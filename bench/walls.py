"""What row security costs each statement: the same work as the app, and as a role that no policy concerns.

PostgreSQL itself keeps the figures, by statement and role (pg_stat_statements). Pages, segments, a bulk
action and an import run by turns in both roles; then the means of each statement stand beside each other.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from statistics import median

import environ
from django.db import connection, connections
from django.test import Client

from bench import imports, lists, pages, population, segments
from bench.report import Report
from contacts.models import Contact, Segment
from contacts.segments import counting, recalculation
from contacts.services import tags
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant, User

DEFAULT_SIZE = "100k"
ROUNDS = 4
TOUCHED = 1_000
IMPORTED = 2_000
TAG = "Bench of walls"
GOAL = 1.25
# Below this the clock says more about itself than about the statement.
LEAST_MS = 1.0
SHOWN = 10
APP, OWNER = "ECRM_DATABASE_URL", "ECRM_MIGRATE_DATABASE_URL"


@dataclass(frozen=True, slots=True)
class Twins:
    """One statement: mean milliseconds as the app and without row security, and how often it ran as the app."""

    text: str
    walled: float
    unwalled: float
    calls: int

    @property
    def ratio(self) -> float:
        return self.walled / self.unwalled


def run(size: str, report: Report) -> None:
    logging.getLogger("ecrm.request").setLevel(logging.WARNING)
    tenant = population.tenant_of(size)
    client = pages._signed_in()
    addresses = [each.url for each in pages._pages(tenant)] + [address for _name, address in lists._addresses(tenant)]
    ours = [segments._segment(tenant, f"Bench {rule.name}", rule) for rule in segments._rules(tenant)]
    _work(tenant, client, addresses, ours)
    _forget()
    with report.step(f"{ROUNDS} rounds as the app and without row security, by turns"):
        for number in range(ROUNDS):
            # Whoever comes first finds the tables cold.
            for role in (nullcontext, _unwalled) if number % 2 else (_unwalled, nullcontext):
                with role():
                    _work(tenant, client, addresses, ours)
    _say(_found(), report)
    segments._tidy(tenant)


def _work(tenant: Tenant, client: Client, addresses: list[str], ours: list[Segment]) -> None:
    for address in addresses:
        client.get(address)
    for segment in ours:
        with tenant_context(tenant):
            counting.drop_off(segment.rule)
        with tenant_context(tenant):
            recalculation.recalculate(segment)
    _touch(tenant)
    _import()


def _touch(tenant: Tenant) -> None:
    """A thousand people get a tag and lose it again, and their segments follow."""
    by = User.objects.get(email=population.OWNER)
    with tenant_context(tenant):
        ids = list(Contact.objects.order_by("id").values_list("pk", flat=True)[:TOUCHED])
        tags.add_tags(contact_ids=ids, names=[TAG], by=by)
    for act in (recalculation.refresh_dirty, partial(tags.remove_tags, contact_ids=ids, names=[TAG], by=by)):
        with tenant_context(tenant):
            act()


def _import() -> None:
    tenant = imports._empty_tenant("walls")
    with tenant_context(tenant):
        run = imports._begin(imports._file(imports.HEAD, range(IMPORTED), ""))
    imports._check(tenant, run)
    imports._land(tenant, run)


@contextmanager
def _unwalled() -> Iterator[None]:
    """This process and those it starts speak to the database as the owner, past every policy."""
    before, url = dict(connection.settings_dict), os.environ[APP]
    connection.close()
    connection.settings_dict.update(environ.Env().db_url(OWNER))
    os.environ[APP] = os.environ[OWNER]
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(before)
        os.environ[APP] = url


def _forget() -> None:
    with connections["migrate"].cursor() as cursor:
        cursor.execute("SELECT pg_stat_statements_reset()")


def _found() -> list[Twins]:
    with connections["migrate"].cursor() as cursor:
        cursor.execute(_STATEMENTS, [_name_of(APP), _name_of(OWNER)])
        return [Twins(*row) for row in cursor.fetchall()]


def _name_of(variable: str) -> str:
    return str(environ.Env().db_url(variable)["USER"])


# One statement has the same number in either role: it is taken before policies are added.
_STATEMENTS = """
    SELECT max(walled.query), sum(walled.total_exec_time) / sum(walled.calls),
           sum(unwalled.total_exec_time) / sum(unwalled.calls), sum(walled.calls)::bigint
      FROM pg_stat_statements walled JOIN pg_stat_statements unwalled USING (dbid, queryid, toplevel)
     WHERE walled.userid = %s::regrole AND unwalled.userid = %s::regrole
       AND walled.query ~* '^\\s*(SELECT|INSERT|UPDATE|DELETE|WITH)'
     GROUP BY queryid
"""


def _say(found: list[Twins], report: Report) -> None:
    weighty = sorted((each for each in found if each.unwalled >= LEAST_MS), key=lambda each: -each.ratio)
    report.say(f"{len(found)} statements, {len(weighty)} of them of {LEAST_MS:g} ms or more. The worst:")
    for each in weighty[:SHOWN]:
        words = " ".join(each.text.split())[:110]
        report.say(
            f"{each.ratio:6.2f} x  {each.walled:9.2f} ms beside {each.unwalled:9.2f}  ({each.calls} times)  {words}"
        )
    total = sum(each.walled * each.calls for each in found), sum(each.unwalled * each.calls for each in found)
    report.add("all statements", total[0] / 1000, "s", limit=total[1] / 1000)
    report.add("dearest statement against its twin", weighty[0].ratio, "times", limit=GOAL)
    report.add("median statement against its twin", median(each.ratio for each in weighty), "times", limit=GOAL)
