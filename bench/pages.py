"""Contact list, contact page and search, as a person signed in meets them.

Three questions: what row security costs in the database (the page's own statements, once as the
app role and once as a role that bypasses it), how long the server takes, and whether either
grows with the number of contacts (a tenth of the size is measured in the same run).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.db import connection, connections
from django.db.models import Count
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench import population
from bench.report import Report
from bench.sizes import count_of, name_of
from contacts import search
from contacts.models import Contact, EmailAddress, Event
from ecrm.garbage import spare_what_stays
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant, User
from ecrm.tenancy.urls import tenant_url

DEFAULT_SIZE = "100k"
ROUNDS = 60
WARM_UP = 5
HISTORY = 100  # events of the person whose page is measured
# What the search is asked for: a whole address, a full name, and one word that a tenth of all have.
TERMS = ("address", "name", "surname")


@dataclass(frozen=True, slots=True)
class Page:
    name: str
    url: str


def run(size: str, report: Report) -> None:
    # A line a request would drown the measurements, and is written by nobody else at this pace.
    logging.getLogger("ecrm.request").setLevel(logging.WARNING)
    small = name_of(max(count_of(size) // 10, 100))
    tenants = [population.tenant_of(each) for each in (small, size)]
    client = _signed_in()
    pages = zip(*map(_pages, tenants), strict=True)
    spare_what_stays()  # as a web server's process does
    with report.step(f"{ROUNDS} rounds a page, both sizes in turns"):
        for few, many in pages:
            _measure(few, many, tenants[1], client, report)
    report.say(f"Database time beside the same SQL without row security; server time beside {small} contacts.")


def _signed_in() -> Client:
    client = Client(SERVER_NAME=urlsplit(settings.BASE_URL).hostname or "localhost")
    client.force_login(User.objects.get(email=population.OWNER))
    return client


def _pages(tenant: Tenant) -> list[Page]:
    listing, palette = tenant_url(tenant, "contact_list"), tenant_url(tenant, "palette")
    with tenant_context(tenant):
        person = _ordinary_person()
        address = EmailAddress.objects.get(contact=person, is_primary=True).address
    terms = {"address": address, "name": person.name, "surname": person.family_name}
    return [
        Page("list", listing),
        Page("list by name", f"{listing}?sort=name"),
        Page("contact", tenant_url(tenant, "contact_page", person.pk)),
        *(Page(f"search by {term}", f"{listing}?{urlencode({'q': terms[term]})}") for term in TERMS),
        *(Page(f"palette by {term}", f"{palette}?{urlencode({'q': terms[term]})}") for term in TERMS),
    ]


def _ordinary_person() -> Contact:
    """Of those active last, who comes nearest to ``HISTORY`` events: the same page whatever the size."""
    recent = list(Contact.objects.exclude(last_active_at=None).order_by("-last_active_at")[:500])
    facts = Event.objects.filter(contact_id__in=[each.pk for each in recent]).values_list("contact_id")
    counts = dict(facts.annotate(count=Count("id")))
    return min(recent, key=lambda each: abs(counts[each.pk] - HISTORY))


def _measure(few: Page, many: Page, tenant: Tenant, client: Client, report: Report) -> None:
    statements = _statements(many, client)
    report.add(f"{many.name}: queries", len(statements), "", limit=8)
    walled, unwalled = _database_times(statements, tenant)
    report.add(f"{many.name}: database time", walled, "ms", limit=unwalled)
    here, there = _server_times(many, few, client)
    report.add(f"{many.name}: server time p50", median(here), "ms", limit=median(there))
    report.add(f"{many.name}: server time p95", p95(here), "ms", limit=p95(there))


def p95(times: list[float]) -> float:
    return quantiles(times, n=20)[-1]


def _statements(page: Page, client: Client) -> list[str]:
    """The page's questions to the database."""
    client.get(page.url)  # what a process asks once is no page's question
    with CaptureQueriesContext(connection) as captured:
        response = client.get(page.url)
        statements = [query["sql"].strip() for query in captured.captured_queries]
    if response.status_code != 200:
        raise RuntimeError(f"{page.url} answered {response.status_code}.")
    return [statement for statement in statements if statement.startswith("SELECT")]


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
        f" ORDER BY created_at DESC, id DESC LIMIT {search.CAP}"
    )


def _folded(term: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT search.fold(%s)", [term])
        row = cursor.fetchone()
    return str(row[0]) if row else ""


def _server_times(page: Page, other: Page, client: Client, *, rounds: int = ROUNDS) -> tuple[list[float], list[float]]:
    """In turns, so that whatever else the machine does falls on both."""
    times: tuple[list[float], list[float]] = ([], [])
    for _round in range(rounds):
        for one, taken in zip((page, other), times, strict=True):
            began = perf_counter()
            client.get(one.url)
            taken.append((perf_counter() - began) * 1000)
    return times[0][WARM_UP:], times[1][WARM_UP:]
