"""Contact list, contact page and search, as a person signed in meets them.

Three questions: what row security costs in the database (the page's own statements, once as the
app role and once as a role that bypasses it), how long the server takes, and whether either
grows with the number of contacts (a tenth of the size is measured in the same run).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench import population
from bench.report import Report
from bench.sizes import count_of, name_of
from contacts.models import Contact, EmailAddress
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant, User
from ecrm.tenancy.urls import tenant_url

DEFAULT_SIZE = "100k"
ROUNDS = 60
WARM_UP = 5
# What the search is asked for: a whole address, a full name, and one word that a tenth of all have.
TERMS = ("address", "name", "surname")


@dataclass(frozen=True, slots=True)
class Page:
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Found:
    """Milliseconds, and the number of statements that read."""

    server: float
    database: float
    unwalled: float
    queries: int


def run(size: str, report: Report) -> None:
    # A line a request would drown the measurements, and is written by nobody else at this pace.
    logging.getLogger("ecrm.request").setLevel(logging.WARNING)
    small = name_of(max(count_of(size) // 10, 100))
    found = {each: _measure_tenant(each, report) for each in (small, size)}
    for name, here in found[size].items():
        there = found[small][name]
        report.add(f"{name}: queries", here.queries, "", limit=8)
        report.add(f"{name}: database time", here.database, "ms", limit=here.unwalled)
        report.add(f"{name}: server time p50", here.server, "ms", limit=there.server)
    report.say(f"Database time beside the same SQL without row security; server time beside {small} contacts.")


def _measure_tenant(size: str, report: Report) -> dict[str, Found]:
    tenant = population.tenant_of(size)
    client = _signed_in()
    with report.step(f"{size}: {ROUNDS} rounds a page"):
        return {page.name: _measure(page, tenant, client) for page in _pages(tenant)}


def _signed_in() -> Client:
    client = Client(SERVER_NAME=urlsplit(settings.BASE_URL).hostname or "localhost")
    client.force_login(User.objects.get(email=population.OWNER))
    return client


def _pages(tenant: Tenant) -> list[Page]:
    listing = tenant_url(tenant, "contact_list")
    with tenant_context(tenant):
        person = Contact.objects.exclude(last_active_at=None).order_by("-last_active_at")[100]
        address = EmailAddress.objects.get(contact=person, is_primary=True).address
    terms = {"address": address, "name": person.name, "surname": person.family_name}
    return [
        Page("list", listing),
        Page("list by name", f"{listing}?sort=name"),
        Page("contact", tenant_url(tenant, "contact_page", person.pk)),
        *(Page(f"search by {term}", f"{listing}?{urlencode({'q': terms[term]})}") for term in TERMS),
    ]


def _measure(page: Page, tenant: Tenant, client: Client) -> Found:
    with CaptureQueriesContext(connection) as captured:
        response = client.get(page.url)
        statements = [query["sql"] for query in captured.captured_queries if query["sql"].startswith("SELECT")]
    if response.status_code != 200:
        raise RuntimeError(f"{page.url} answered {response.status_code}.")
    walled, unwalled = _database_times(statements, tenant)
    return Found(_p50(lambda: client.get(page.url)), walled, unwalled, len(statements))


def _database_times(statements: list[str], tenant: Tenant) -> tuple[float, float]:
    """The page's statements as the app role, and as the owner, who bypasses row security; in turns."""
    ours, owners = connections["default"], connections["migrate"]
    walled, unwalled = [], []
    for _round in range(ROUNDS):
        walled.append(_once(ours, statements, tenant))
        unwalled.append(_once(owners, [_plain(statement, tenant) for statement in statements], tenant))
    return median(walled[WARM_UP:]), median(unwalled[WARM_UP:])


def _once(database: Any, statements: list[str], tenant: Tenant) -> float:
    database.ensure_connection()
    raw = database.connection
    with raw.transaction(), raw.cursor() as cursor:
        cursor.execute(f"SET LOCAL app.tenant_id = '{tenant.pk}'")
        began = perf_counter()
        for statement in statements:
            cursor.execute(statement)
            cursor.fetchall()
        return (perf_counter() - began) * 1000


def _plain(statement: str, tenant: Tenant) -> str:
    """The search without its function: the same words by plain SQL, which a role without walls may index."""
    if not statement.startswith("SELECT search.contact_ids("):
        return statement
    term = statement.split("'")[1]
    if "@" in term:
        return (
            f"SELECT contact_id FROM {EmailAddress.table()} WHERE tenant_id = {tenant.pk}"
            f" AND address_norm = '{term.lower()}' AND binned_at IS NULL"
        )
    words = " AND ".join(f"search_text LIKE '%{word}%'" for word in _folded(term).split())
    return (
        f"SELECT id FROM {Contact.table()} WHERE tenant_id = {tenant.pk} AND binned_at IS NULL AND {words}"
        " ORDER BY created_at DESC, id DESC LIMIT 500"
    )


def _folded(term: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT search.fold(%s)", [term])
        row = cursor.fetchone()
    return str(row[0]) if row else ""


def _p50(act: Callable[[], object]) -> float:
    times = []
    for _round in range(ROUNDS):
        began = perf_counter()
        act()
        times.append((perf_counter() - began) * 1000)
    return median(times[WARM_UP:])
