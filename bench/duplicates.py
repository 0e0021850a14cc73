"""How fast and how well duplicates are found: a labelled base (bench/twins.py), searched as every night.

Speed is the night's: keys stored, everybody compared with everybody. Beside it, in the same run, an
equality join over the same keys by hand, as a role that row security does not concern, which scores
nothing. Precision and recall are over pairs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations, islice
from time import perf_counter
from typing import Any

from django.db import connections, transaction

from bench import population, twins
from bench.report import Report
from bench.sizes import count_of, name_of
from bench.twins import Record
from contacts.duplicates import matching
from contacts.models import Contact, DuplicatePair, EmailAddress, MatchKey, PhoneNumber, PostalAddress
from ecrm.keys import address_hash
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant

DEFAULT_SIZE = "100k"
BATCH = 10_000
TOUCHED = 1_000
Pair = tuple[int, int]


def run(size: str, report: Report) -> None:
    count = count_of(size)
    slug = f"twins-{name_of(count)}"
    with report.step("People are there"):
        tenant = Tenant.objects.filter(slug=slug).first() or _make(slug, count)
    with tenant_context(tenant):
        _rekey(report, count)
    _vacuum()
    with tenant_context(tenant):
        DuplicatePair.objects.all().delete()
        seconds = _timed(matching.sweep)
        touched = list(Contact.objects.order_by("pk").values_list("pk", flat=True)[:TOUCHED])
        again = _timed(lambda: matching.compare(touched))
    report.add("everybody compared, keys stored", seconds, "s", limit=_by_hand(tenant))
    report.add(f"{TOUCHED:,} touched people compared", 1000 * again, "ms")
    with tenant_context(tenant):
        _judge(report)


def _make(slug: str, count: int) -> Tenant:
    tenant = population._tenant(slug)
    lines = twins.records(count)
    known: set[str] = set()
    while batch := list(islice(lines, BATCH)):
        _write(tenant, batch, known)
    return tenant


def _write(tenant: Tenant, batch: Sequence[Record], known: set[str]) -> None:
    """Who it really is stands in ``source``. An address goes to the first who has it; ``known`` grows."""
    with transaction.atomic(using="migrate"), connections["migrate"].cursor() as cursor:
        cursor.execute(_GIVEN)
        with cursor.copy(
            "COPY twin (person, name, email, hash, phone, city, street, postcode, born) FROM STDIN"
        ) as copy:
            for r in batch:
                email = "" if r.email in known else r.email
                known.add(email)
                copy.write_row(
                    [r.person, r.name, email, address_hash(email), r.phone, r.city, r.street, r.postcode, r.born]
                )
        for statement in _INSERTS:
            cursor.execute(statement, {"tenant": tenant.pk})


_GIVEN = """
    CREATE TEMP TABLE twin (person text, name text, email text, hash bytea, phone text, city text, street text,
                            postcode text, born date, id bigint GENERATED ALWAYS AS IDENTITY) ON COMMIT DROP"""
_INSERTS = (
    f"ALTER TABLE twin ADD contact_id bigint DEFAULT nextval(pg_get_serial_sequence('{Contact.table()}', 'id'))",
    f"""INSERT INTO {Contact.table()} (tenant_id, id, name, given_name, family_name, stage, job_title, language,
            time_zone, country, city, source, sort_key, search_text, birthday, created_at, updated_at)
        SELECT %(tenant)s, contact_id, name, '', '', 'lead', '', '', '', '', city, person, lower(name), '', born,
               now(), now() FROM twin ORDER BY id""",
    f"""INSERT INTO {EmailAddress.table()} (tenant_id, contact_id, address, address_norm, address_hash, kind,
                                            is_primary)
        SELECT %(tenant)s, contact_id, email, email, hash, 'other', true FROM twin WHERE email <> '' ORDER BY id""",
    f"""INSERT INTO {PhoneNumber.table()} (tenant_id, contact_id, number, written, kind, is_primary)
        SELECT %(tenant)s, contact_id, phone, phone, 'other', true FROM twin WHERE phone <> '' ORDER BY id""",
    f"""INSERT INTO {PostalAddress.table()} (tenant_id, contact_id, street, postcode, city, region, country, kind,
                                             is_primary)
        SELECT %(tenant)s, contact_id, street, postcode, city, '', '', 'other', true FROM twin
         WHERE street <> '' ORDER BY id""",
)


def _rekey(report: Report, count: int) -> None:
    began, last = perf_counter(), 0
    while last := matching.rekey_all(after=last, limit=BATCH):
        pass
    report.add("keys made anew", count / (perf_counter() - began), "people/s")
    report.say(f"{MatchKey.objects.count():,} keys")


def _vacuum() -> None:
    """As the database does by itself after such a change, sooner or later."""
    tables = ", ".join(model.table() for model in (MatchKey, Contact, EmailAddress, PhoneNumber, PostalAddress))
    with connections["migrate"].cursor() as cursor:
        cursor.execute(f"VACUUM ANALYZE {tables}")


def _by_hand(tenant: Tenant) -> float:
    """The least any search needs: who shares a key with whom."""
    with connections["migrate"].cursor() as cursor:
        cursor.execute("SET work_mem = '256MB'")
        began = perf_counter()
        cursor.execute(
            "SELECT count(*) FROM (SELECT a.contact_id, b.contact_id FROM contacts_matchkey a JOIN contacts_matchkey b"
            " ON b.tenant_id = a.tenant_id AND b.kind = a.kind AND b.key = a.key AND b.contact_id > a.contact_id"
            " JOIN (SELECT kind, key FROM contacts_matchkey WHERE tenant_id = %s GROUP BY kind, key"
            "        HAVING count(*) BETWEEN 2 AND 50) shared ON shared.kind = a.kind AND shared.key = a.key"
            " WHERE a.tenant_id = %s GROUP BY 1, 2) AS pairs",
            [tenant.pk, tenant.pk],
        )
        return perf_counter() - began


def _judge(report: Report) -> None:
    true = _true_pairs()
    found = set(DuplicatePair.objects.values_list("first_id", "second_id"))
    right = len(found & true)
    report.add("precision", right / len(found), "of pairs found")
    report.add("recall", right / len(true), "of true pairs")
    report.say(f"{len(true):,} true pairs, {len(found):,} found")
    for what, pairs in (("wrongly found", found - true), ("missed", true - found)):
        for line in _examples(sorted(pairs)[:8]):
            report.say(f"  {what}: {line}")


def _true_pairs() -> set[Pair]:
    lines = defaultdict(list)
    for pk, person in Contact.objects.order_by("pk").values_list("pk", "source").iterator():
        lines[person].append(pk)
    return {pair for same in lines.values() for pair in combinations(same, 2)}


def _examples(pairs: Iterable[Pair]) -> list[str]:
    said = []
    for pair in pairs:
        people = Contact.objects.filter(pk__in=pair).prefetch_related("emails", "phones", "addresses").order_by("pk")
        said.append(" | ".join(_line(person) for person in people))
    return said


def _line(person: Any) -> str:
    parts = [person.name, *person.emails.all(), *(row.number for row in person.phones.all()), person.city]
    return ", ".join(str(part) for part in [*parts, person.birthday or ""] if part)


def _timed(work: Any) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began
