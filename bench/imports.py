"""How fast a file comes in: people alone into an empty tenant, and everything beside a full one.

Beside it in the same run, for the same rows: a bare COPY and upserts by hand, as a role that row
security does not concern, without history or checks of values; and ``update_or_create``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from time import perf_counter

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import connections, transaction

from bench import cpu, population
from bench.import_worker import Work, in_a_worker
from bench.report import Report
from bench.sizes import count_of
from contacts.imports import services
from contacts.models import Contact, EmailAddress, ImportRun
from ecrm.jobs.models import OutboxEntry
from ecrm.keys import address_hash
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant, User

DEFAULT_SIZE = "100k"
HEAD = ["Email", "First name", "Last name", "Phone", "Country", "City", "Newsletter", "Opt-in date", "Opt-in origin"]
PEOPLE = HEAD[:6]
GOAL_ROWS = 20_000.0
ONE_BY_ONE = 500
MOST_MEMORY = 300.0
LONGEST_FOR_A_MILLION = 60.0
# People of an earlier run are in the bin and nobody has their numbers: those of ``population`` end far below.
NEW_FROM = 10


def run(size: str, report: Report) -> None:
    """``size`` people are known; as many rows come in, half of them of people known, whose city has changed."""
    settings.MAX_UPLOAD_BYTES = 10**11
    count = count_of(size)
    _measure(report, "people into an empty tenant", _empty_tenant("empty"), _file(PEOPLE, range(count), ""))
    with report.step("People are there"):
        full = population.tenant_of(size)
    known, new = range(count // 2, count), range(NEW_FROM * count, NEW_FROM * count + count - count // 2)
    with tenant_context(full):
        moves = ImportRun.objects.count()
    before = _file(PEOPLE, known, f" before {moves}")
    with report.step("Half of them come in alone, so that nothing is read from the disk for the first time"):
        _import(full, before)
    _measure(
        report,
        "history and consent, half known",
        full,
        _file(HEAD, [*known, *new], f" {moves}"),
        known=before,
    )
    report.say(f"{settings.IMPORT_LANES} stretches at once; the goal is {GOAL_ROWS:,.0f} rows/s.")


def _measure(report: Report, what: str, tenant: Tenant, content: bytes, *, known: bytes = b"") -> None:
    """``known``: rows that the twin holds before it is given the file, as ``tenant`` does."""
    count = sum(1 for _row in _rows(content))
    twin = _empty_tenant("twin")
    if known:
        _by_hand(twin, known)
        population._analyse((Contact, EmailAddress))
    by_hand = _by_hand(twin, content)
    # A loop over people the planner has never heard of would be slow for another reason.
    population._analyse((Contact, EmailAddress))
    one_by_one = _one_by_one(twin, content)
    people = _people_in(tenant)
    spent, writing = cpu.of_database(), _seconds_of_contact_rows()
    run, checking, landing = _import(tenant, content)
    spent = cpu.of_database() - spent + checking.cpu_seconds + landing.cpu_seconds
    writing = (_seconds_of_contact_rows() - writing) / settings.IMPORT_LANES
    rate = count / (checking.seconds + landing.seconds)
    report.add(f"{what}: check", count / checking.seconds, "rows/s")
    report.add(f"{what}: import", count / landing.seconds, "rows/s")
    report.add(f"{what}: both", rate, "rows/s", limit=by_hand)
    report.add(f"{what}: both, and update_or_create", rate, "rows/s", limit=one_by_one)
    # The lanes write side by side: what one of them waits for these statements.
    report.add(f"{what}: new contact rows alone", writing, "s", limit=LONGEST_FOR_A_MILLION * count / 1e6)
    report.add(f"{what}: processor time a row", 1e6 * spent / count, "µs")
    undoing = _undo(tenant, run)
    assert _people_in(tenant) == people
    report.add(f"{what}: undo", count / undoing.seconds, "rows/s")
    for work, name in ((checking, "check"), (landing, "import"), (undoing, "undo")):
        report.add(f"{what}: peak memory, {name}", work.peak_kb / 1024, "MB", limit=MOST_MEMORY)


def _import(tenant: Tenant, content: bytes) -> tuple[ImportRun, Work, Work]:
    """What checking and landing the file took."""
    with tenant_context(tenant):
        run = _begin(content)
    checking, landing = _check(tenant, run), _land(tenant, run)
    _assert_all(tenant, run, sum(1 for _row in _rows(content)))
    return run, checking, landing


def _people_in(tenant: Tenant) -> int:
    with tenant_context(tenant):
        return Contact.objects.filter(binned_at=None).count()


def _seconds_of_contact_rows() -> float:
    with connections["migrate"].cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(total_exec_time), 0) / 1000 FROM pg_stat_statements WHERE query LIKE %s",
            [f"INSERT INTO {Contact.table()} (tenant_id, id, name, stage,%"],
        )
        return float(cursor.fetchone()[0])


def _empty_tenant(name: str) -> Tenant:
    found = Tenant.objects.filter(slug__startswith=f"bench-import-{name}").count()
    return population._tenant(f"bench-import-{name}-{found}")


def _file(head: list[str], numbers: Iterable[int], town: str) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(head)
    for number in numbers:
        writer.writerow(_row(number, town)[: len(head)])
    return text.getvalue().encode()


def _row(number: int, town: str) -> list[str]:
    """As ``bench.population`` numbers people, so that those in both are the same. ``town`` tells cities apart."""
    return [
        f"person{number}@{population.DOMAINS[number % len(population.DOMAINS)]}",
        population.GIVEN[number % len(population.GIVEN)],
        population.FAMILY[number % len(population.FAMILY)],
        f"+4860{number % 10_000_000:07d}",
        population.COUNTRIES[number % len(population.COUNTRIES)],
        population.CITIES[number % len(population.CITIES)] + town,
        "yes" if number % 20 else "no",
        f"2024-0{number % 9 + 1}-1{number % 10} 10:00",
        "Shop checkout",
    ]


def _begin(content: bytes) -> ImportRun:
    by = User.objects.get(email=population.OWNER)
    upload: UploadedFile[bytes] = UploadedFile(ContentFile(content), "people.csv", "text/csv", len(content))
    run = services.begin_import(upload=upload, by=by)
    mapping = {int(index): key for index, key in run.mapping.items()}
    services.check(run=run, mapping=mapping, options=services.Options(known="overwrite"), by=by)
    return run


def _check(tenant: Tenant, run: ImportRun) -> Work:
    assert run.job_id is not None
    return in_a_worker("check", tenant_id=tenant.pk, run_id=run.pk, job_id=run.job_id)


def _land(tenant: Tenant, run: ImportRun) -> Work:
    return _begun(tenant, run, services.start, "land")


def _undo(tenant: Tenant, run: ImportRun) -> Work:
    return _begun(tenant, run, services.undo, "undo")


def _begun(tenant: Tenant, run: ImportRun, begin: Callable[..., bool], step: str) -> Work:
    """What ``step`` took, which ``begin`` has a worker do: the bench does it itself."""
    with tenant_context(tenant):
        found = ImportRun.objects.select_related("created_by").get(pk=run.pk)
        assert found.created_by is not None
        assert begin(run=found, by=found.created_by), found.state
        OutboxEntry.objects.filter(task__startswith="imports.").delete()
    assert found.job_id is not None
    return in_a_worker(step, tenant_id=tenant.pk, run_id=run.pk, job_id=found.job_id)


def _assert_all(tenant: Tenant, run: ImportRun, count: int) -> None:
    with tenant_context(tenant):
        found = ImportRun.objects.get(pk=run.pk)
    counts: Mapping[str, int] = found.applied_counts
    assert found.state == "done"
    assert sum(counts.get(verdict, 0) for verdict in ("new", "update", "same")) == count


def _rows(content: bytes) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(content.decode()))
    next(reader)
    return reader


def _by_hand(tenant: Tenant, content: bytes) -> float:
    """Rows a second: COPY into a temporary table, then people and addresses by upsert."""
    rows = [row[:6] for row in _rows(content)]
    began = perf_counter()
    with transaction.atomic(using="migrate"), connections["migrate"].cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE given (email text, given text, family text, phone text, country text,"
                       " city text, hash bytea) ON COMMIT DROP")  # fmt: skip
        with cursor.copy("COPY given FROM STDIN") as copy:
            for row in rows:
                copy.write_row([*row, address_hash(row[0])])
        cursor.execute(_UPSERT, {"tenant": tenant.pk})
    return len(rows) / (perf_counter() - began)


_UPSERT = f"""
WITH known AS MATERIALIZED (
    SELECT given.*, coalesce(email.contact_id, nextval(pg_get_serial_sequence('{Contact.table()}', 'id'))) AS id,
           row_number() OVER () AS place
      FROM given LEFT JOIN {EmailAddress.table()} email ON email.tenant_id = %(tenant)s
           AND email.address_norm = given.email AND email.binned_at IS NULL),
people AS (
    INSERT INTO {Contact.table()} (tenant_id, id, name, given_name, family_name, stage, job_title, language,
        time_zone, country, city, source, sort_key, search_text, created_at, updated_at)
    SELECT %(tenant)s, id, given || ' ' || family, given, family, 'lead', '', '', '', country, city, 'import',
           lower(given || ' ' || family), ' ' || lower(given || ' ' || family || ' ' || email || ' ' || phone),
           now(), now()
      FROM known ORDER BY place
    ON CONFLICT (id) DO UPDATE SET city = excluded.city, country = excluded.country)
INSERT INTO {EmailAddress.table()} (tenant_id, contact_id, address, address_norm, address_hash, kind, is_primary)
SELECT %(tenant)s, id, email, email, hash, 'other', true FROM known ORDER BY place
ON CONFLICT (tenant_id, address_norm) WHERE binned_at IS NULL DO NOTHING
"""


def _one_by_one(tenant: Tenant, content: bytes) -> float:
    """Rows a second of the loop most imports are: two ``update_or_create`` each, in one transaction."""
    rows = [row for row, _number in zip(_rows(content), range(ONE_BY_ONE), strict=False)]
    began = perf_counter()
    with tenant_context(tenant):
        for email, given, family, _phone, country, city, *_rest in rows:
            fields = {"given_name": given, "family_name": family, "country": country, "city": city}
            person, _is_new = Contact.objects.update_or_create(emails__address_norm=email, defaults=fields)
            EmailAddress.objects.update_or_create(
                address_norm=email,
                defaults={"contact": person, "address": email, "address_hash": address_hash(email), "is_primary": True},
            )
    return len(rows) / (perf_counter() - began)
