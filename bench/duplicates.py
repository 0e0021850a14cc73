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

from django.db import connections

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
    while batch := list(islice(lines, BATCH)):
        with tenant_context(tenant):
            _write(batch)
    return tenant


def _write(batch: Sequence[Record]) -> None:
    """Who it really is stands in ``source``."""
    people = Contact.objects.bulk_create(
        Contact(name=r.name, city=r.city, birthday=r.born, source=str(r.person), sort_key=r.name.lower()) for r in batch
    )
    known = set(
        EmailAddress.objects.filter(address_norm__in=[r.email for r in batch]).values_list("address_norm", flat=True)
    )
    emails, phones, places = [], [], []
    for person, record in zip(people, batch, strict=True):
        if record.email and record.email not in known:
            known.add(record.email)
            hashed = address_hash(record.email)
            emails.append(
                EmailAddress(contact=person, address=record.email, address_norm=record.email, address_hash=hashed)
            )
        if record.phone:
            phones.append(PhoneNumber(contact=person, number=record.phone, written=record.phone))
        if record.street:
            place = {"street": record.street, "postcode": record.postcode, "city": record.city}
            places.append(PostalAddress(contact=person, **place))
    EmailAddress.objects.bulk_create(emails)
    PhoneNumber.objects.bulk_create(phones)
    PostalAddress.objects.bulk_create(places)


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
