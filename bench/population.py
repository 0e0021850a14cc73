"""A tenant of any size, made set-based and always the same for a size.

Every value follows from a hash of the person's number. 10 events a person over a year, most of
them of a few people (as real histories are): 52 % page views, 19 % mails sent, 10 % opens, 10 %
forms, 5 % clicks, 4 % orders. Consent goes through the ledger, as everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from math import ceil
from time import perf_counter
from typing import Any

from django.db import connection, connections
from django.utils import timezone

from bench.sizes import count_of, name_of
from campaigns.models import Campaign
from campaigns.models.campaign import State
from consent.models import Action, Channel, ConsentRecord, Purpose, Source
from contacts.models import Company, Contact, EmailAddress, Event, Tag, Tagging
from ecrm.keys import address_hash
from ecrm.tenancy import services
from ecrm.tenancy.context import require_tenant_id, tenant_context
from ecrm.tenancy.models import Tenant, User
from ecrm.tenancy.scoping import TenantModel

FIRST_BATCH, BATCH = 500, 20_000
EVENTS_PER_CONTACT = 10
AGREEING = 0.74  # a little more do
CAMPAIGNS = 40
NEIGHBOURS, PEOPLE_NEXT_DOOR = 499, 200
OWNER = "bench@example.com"
GIVEN = ["Ana", "Piotr", "Léa", "Marta", "João", "Zofia", "Lucía", "Tom", "Inês", "Jan", "Chloé", "Diego", "Ewa", "Rui"]
FAMILY = [
    "Silva",
    "Nowak",
    "Martin",
    "García",
    "Kowalska",
    "Santos",
    "Dubois",
    "Wiśniewski",
    "López",
    "Taylor",
    "Costa",
]
CITIES = ["Porto", "Kraków", "Lyon", "Sevilla", "Leeds", "Braga", "Gdańsk", "Nantes"]
COUNTRIES = ["PT", "PL", "FR", "ES", "GB"]
LANGUAGES = ["pt", "pl", "fr", "es", "en"]
TAGS = ["newsletter", "wholesale", "gift-buyer", "event-2026", "press", "vip"]
DOMAINS = ["example.com", "example.org", "example.net", "mail.example"]
_ANALYSED = (Contact, EmailAddress, ConsentRecord, Tagging)


def make(size: str) -> str:
    """Makes the tenant of a size unless it is there; answers a line that says what was done."""
    count = count_of(size)
    slug = f"bench-{name_of(count)}"
    if Tenant.objects.filter(slug=slug).exists():
        return f"The tenant {slug} is there already."
    began = perf_counter()
    _populate(_tenant(slug), count)
    _vacuum()
    return f"{slug}: {count:,} people with {EVENTS_PER_CONTACT * count:,} events in {perf_counter() - began:.0f} s"


def tenant_of(size: str) -> Tenant:
    """The tenant of a size, made when it is not there."""
    make(size)
    return Tenant.objects.get(slug=f"bench-{name_of(count_of(size))}")


def neighbours(count: int = NEIGHBOURS) -> None:
    """Small tenants all around: what one tenant asks must not cost more for the others. Those there already stay."""
    wanted = [f"bench-neighbour-{number}" for number in range(count)]
    there = set(Tenant.objects.filter(slug__in=wanted).values_list("slug", flat=True))
    for slug in wanted:
        if slug not in there:
            _populate(_tenant(slug), PEOPLE_NEXT_DOOR)
    if there != set(wanted):
        _analyse(_ANALYSED)


def tenant_agreeing(count: int) -> Tenant:
    """One in which at least ``count`` people agreed to the newsletter."""
    return tenant_of(name_of(ceil(count / AGREEING / 100) * 100))


def _populate(tenant: Tenant, count: int) -> None:
    # Histories come first: a person is then written once, with the day they were last active.
    with tenant_context(tenant):
        base = _surroundings(count)
        _histories(count, base)
    for first, end in _batches(count):
        with tenant_context(tenant):
            _people(first, end, base)
        if count > PEOPLE_NEXT_DOOR:
            _analyse(_ANALYSED)
    _execute("DROP TABLE pg_temp.seen", {})


def _batches(count: int) -> Iterator[tuple[int, int]]:
    """A small one first, after which the planner knows what the tables look like."""
    first, size = 1, FIRST_BATCH
    while first <= count:
        end = min(first + size, count + 1)
        yield first, end
        first, size = end, BATCH


def _tenant(slug: str) -> Tenant:
    owner = User.objects.filter(email=OWNER).first() or User.objects.create_user(OWNER, None, name="Bench")
    return services.create_tenant(
        by=owner,
        slug=slug,
        name=slug,
        languages=["en", "pl"],
        currency="EUR",
        postal_address="1 Measured Mile, Bench",
        sender_name="Bench",
        sender_email="news@bench.example",
    )


def _people(first: int, end: int, base: int) -> None:
    """One transaction: people ``first`` to ``end`` (exclusive) with all that hangs on them."""
    numbers = range(first, end)
    addresses = [f"person{number}@{DOMAINS[number % len(DOMAINS)]}" for number in numbers]
    hashes = [address_hash(address) for address in addresses]
    bounds = {"tenant": require_tenant_id(), "first": first, "end": end, "base": base}
    _execute(_CONTACTS, {**bounds, "given": GIVEN, "family": FAMILY, "cities": CITIES, "countries": COUNTRIES,
                         "languages": LANGUAGES, "domains": DOMAINS})  # fmt: skip
    _execute(_EMAILS, {**bounds, "numbers": list(numbers), "addresses": addresses, "hashes": hashes})
    _execute(_TAGGINGS, bounds)
    for key, share in (("newsletter", 80), ("tracking", 30)):
        purpose = Purpose.objects.get(key=key)
        _execute(_GRANTS, {**bounds, "purpose": purpose.pk, "salt": key, "share": share})
    newsletter = Purpose.objects.get(key="newsletter")
    _execute(_WITHDRAWALS, {**bounds, "purpose": newsletter.pk})


def _surroundings(count: int) -> int:
    """What people hang on; answers the number below the ids that are kept free for them."""
    Company.objects.bulk_create([Company(name=f"Company {n}", name_norm=f"company {n}") for n in range(200)])
    Tag.objects.bulk_create([Tag(name=name, name_norm=name) for name in TAGS])
    now = timezone.now()
    Campaign.objects.bulk_create(
        [
            Campaign(name=f"Mailing {n}", state=State.SENT, started_at=now - timedelta(days=9 * n), finished_at=now)
            for n in range(CAMPAIGNS)
        ]
    )
    return _keep_free(count)


def _keep_free(count: int) -> int:
    """Takes the next ids for ourselves; the tables of people and events then need not ask each other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(id), max(id) FROM (SELECT nextval(pg_get_serial_sequence(%s, 'id')) AS id"
            "  FROM generate_series(1, %s)) AS kept",
            [Contact.table(), count],
        )
        first, last = cursor.fetchone() or (0, 0)
    if last - first + 1 != count:
        raise RuntimeError("Somebody else adds people at this moment. Try again when nobody does.")
    return int(first) - 1


def _histories(count: int, base: int) -> None:
    """All events, and when each person was last active. ``power(…, 3)`` gives a few people most of them."""
    year = timezone.now() - timedelta(days=365)
    _execute("SELECT ensure_partitions(%(first)s::date, %(last)s::date)",
             {"first": year.date().replace(day=1), "last": timezone.now().date()})  # fmt: skip
    campaign_ids = list(Campaign.objects.order_by("id").values_list("pk", flat=True))
    shared = {"tenant": require_tenant_id(), "count": count, "campaigns": campaign_ids, "base": base}
    total = count * EVENTS_PER_CONTACT
    for first in range(0, total, BATCH * EVENTS_PER_CONTACT):
        _execute(_EVENTS, {**shared, "first": first, "last": min(first + BATCH * EVENTS_PER_CONTACT, total) - 1})
    _execute("DROP TABLE IF EXISTS pg_temp.seen", {})
    _execute(_SEEN, shared)
    _execute("ANALYZE seen", {})


def _analyse(models: Sequence[type[TenantModel]]) -> None:
    """Statistics, as the owner, where this process may act as that."""
    if "migrate" in connections:
        with connections["migrate"].cursor() as cursor:
            for model in models:
                cursor.execute(f"ANALYZE {model._meta.db_table}")


def _vacuum() -> None:
    """As the database leaves tables some time after they were filled: it knows which rows everybody sees."""
    if "migrate" in connections:
        with connections["migrate"].cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE)")


def _execute(sql: str, params: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def _hash(what: str, salt: str, modulus: str) -> str:
    """A whole number below ``modulus`` that follows from ``what``."""
    return f"(('x' || left(md5('{salt}' || {what}), 8))::bit(32)::bigint %% {modulus})"


def _piece(start: int, digits: int, modulus: str) -> str:
    """A whole number below ``modulus`` from some hexadecimal digits of ``digest``."""
    return f"(('x' || lpad(substr(digest, {start}, {digits}), 8, '0'))::bit(32)::bigint %% {modulus})"


def _pick(name: str, what: str, salt: str) -> str:
    return f"(%({name})s::text[])[1 + {_hash(what, salt, f'cardinality(%({name})s::text[])')}]"


# This batch's people by their number.
_NUMBERED = "(SELECT number, %(base)s + number AS id FROM generate_series(%(first)s, %(end)s - 1) number) numbered"
# Written once: sort_key and search_text are what refresh_contact_search would make of them.
_CONTACTS = f"""
    WITH made AS (
        SELECT n, {_pick("given", "n", "given")} AS given_name, {_pick("family", "n", "family")} AS family_name,
               1 + {_hash("n", "country", "5")} AS place,
               'person' || n || '@' || (%(domains)s::text[])[1 + n %% cardinality(%(domains)s::text[])] AS address
          FROM generate_series(%(first)s, %(end)s - 1) n),
    companies AS (SELECT array_agg(id ORDER BY id) AS ids, array_agg(search.fold(name) ORDER BY id) AS names
                    FROM {Company.table()} WHERE tenant_id = %(tenant)s),
    employed AS (
        SELECT made.*, search.fold(given_name || ' ' || family_name) AS folded,
               CASE WHEN {_hash("n", "works", "3")} = 0 THEN 1 + {_hash("n", "company", "200")} END AS employer
          FROM made)
    INSERT INTO {Contact.table()} (id, tenant_id, name, given_name, family_name, stage, company_id, job_title, language,
                                   time_zone, country, city, source, sort_key, search_text, created_at, updated_at,
                                   last_active_at)
    SELECT %(base)s + n, %(tenant)s, given_name || ' ' || family_name, given_name, family_name,
           (ARRAY['lead', 'prospect', 'customer', 'customer', 'lapsed'])[1 + {_hash("n", "stage", "5")}],
           companies.ids[employer], '', (%(languages)s::text[])[place], '', (%(countries)s::text[])[place],
           {_pick("cities", "n", "city")}, 'bench',
           folded, concat_ws(' ', '', folded, address, companies.names[employer]),
           now() - {_hash("n", "joined", "365")} * interval '1 day', now(), seen.at
      FROM employed CROSS JOIN companies LEFT JOIN seen ON seen.contact_id = %(base)s + n ORDER BY n"""
_EMAILS = f"""
    INSERT INTO {EmailAddress.table()} (tenant_id, contact_id, address, address_norm, address_hash, kind, is_primary)
    SELECT %(tenant)s, %(base)s + given.number, given.address, given.address, given.hash, 'other', true
      FROM unnest(%(numbers)s::bigint[], %(addresses)s::text[], %(hashes)s::bytea[]) AS given (number, address, hash)"""
_TAGGINGS = f"""
    INSERT INTO {Tagging.table()} (tenant_id, tag_id, contact_id, created_at)
    SELECT %(tenant)s, tag.id, numbered.id, now() FROM {_NUMBERED}
      JOIN (SELECT id, row_number() OVER (ORDER BY id) AS rank FROM {Tag.table()} WHERE tenant_id = %(tenant)s) tag
        ON {_hash("numbered.number || '/' || tag.rank", "tag", "100")} < 30 / tag.rank"""
_LEDGER = f"""INSERT INTO {ConsentRecord.table()} (tenant_id, contact_id, purpose_id, channel, action, source, evidence,
                                                   given_at, recorded_at)"""
_GRANTS = f"""{_LEDGER}
    SELECT %(tenant)s, numbered.id, %(purpose)s, '{Channel.EMAIL}', '{Action.GRANTED}', '{Source.FORM}',
           '{{"url": "https://shop.example/join"}}',
           now() - {_hash("numbered.number", "since", "300")} * interval '1 day', now()
      FROM {_NUMBERED} WHERE ('x' || left(md5(%(salt)s || numbered.number), 8))::bit(32)::bigint %% 100 < %(share)s"""
_WITHDRAWALS = f"""{_LEDGER}
    SELECT %(tenant)s, numbered.id, %(purpose)s, '{Channel.EMAIL}', '{Action.WITHDRAWN}', '{Source.ONE_CLICK}', '{{}}',
           now(), now()
      FROM {_NUMBERED} WHERE {_hash("numbered.number", "left", "100")} < 5"""
# One digest an event, cut into pieces: six of them were most of the time.
_EVENTS = f"""
    WITH drawn AS (
        SELECT n, digest,
               %(base)s + 1 + floor(power({_piece(1, 8, "4294967296")}::float8 / 4294967296, 3) * %(count)s)::bigint
                   AS contact_id,
               {_piece(9, 4, "100")} AS what, now() - {_piece(13, 8, "31536000")} * interval '1 second' AS at
          FROM generate_series(%(first)s, %(last)s) n CROSS JOIN LATERAL md5('event' || n) digest),
    named AS (
        SELECT *, CASE WHEN what < 52 THEN 'page.viewed' WHEN what < 71 THEN 'email.sent'
                       WHEN what < 81 THEN 'email.opened' WHEN what < 91 THEN 'form.submitted'
                       WHEN what < 96 THEN 'email.clicked' ELSE 'order.placed' END AS name
          FROM drawn)
    INSERT INTO {Event.table()} (tenant_id, contact_id, name, occurred_at, received_at, source_type, amount, currency,
                                 campaign_id, properties)
    SELECT %(tenant)s, contact_id, name, at, at, 'bench',
           CASE WHEN name = 'order.placed' THEN 500 + {_piece(21, 6, "20000")} END,
           CASE WHEN name = 'order.placed' THEN 'EUR' ELSE '' END,
           CASE WHEN name LIKE 'email.%%'
                THEN (%(campaigns)s::bigint[])[1 + {_piece(27, 4, str(CAMPAIGNS))}] END,
           '{{}}'
      FROM named ORDER BY at"""
_SEEN = f"""
    CREATE TEMPORARY TABLE seen AS
    SELECT contact_id, max(occurred_at) AS at FROM {Event.table()}
     WHERE tenant_id = %(tenant)s AND name <> 'email.sent' GROUP BY contact_id"""
