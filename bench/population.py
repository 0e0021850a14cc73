"""A tenant of any size, made set-based and always the same for a size.

Every value follows from a hash of the person's number. 10 events a person over a year, most of
them of a few people (as real histories are): 52 % page views, 19 % mails sent, 10 % opens, 10 %
forms, 5 % clicks, 4 % orders. Consent goes through the ledger, as everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
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

FIRST_BATCH, BATCH = 500, 20_000
EVENTS_PER_CONTACT = 10
AGREEING = 0.74  # a little more do
CAMPAIGNS = 40
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
_ANALYSED = (Contact, EmailAddress, Event, ConsentRecord, Tagging)


def make(size: str) -> str:
    """Makes the tenant of a size unless it is there; answers a line that says what was done."""
    count = count_of(size)
    slug = f"bench-{name_of(count)}"
    if Tenant.objects.filter(slug=slug).exists():
        return f"The tenant {slug} is there already."
    began = perf_counter()
    tenant = _tenant(slug)
    for first, end in _batches(count):
        with tenant_context(tenant):
            _people(first, end)
        _analyse()
    with tenant_context(tenant):
        _histories(count)
    _analyse()
    return f"{slug}: {count:,} people with {EVENTS_PER_CONTACT * count:,} events in {perf_counter() - began:.0f} s"


def tenant_of(size: str) -> Tenant:
    """The tenant of a size, made when it is not there."""
    make(size)
    return Tenant.objects.get(slug=f"bench-{name_of(count_of(size))}")


def tenant_agreeing(count: int) -> Tenant:
    """One in which at least ``count`` people agreed to the newsletter."""
    return tenant_of(name_of(ceil(count / AGREEING / 100) * 100))


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


def _people(first: int, end: int) -> None:
    """One transaction: people ``first`` to ``end`` (exclusive) with all that hangs on them."""
    if first == 1:
        _surroundings()
    bounds = {"tenant": require_tenant_id(), "first": first, "end": end}
    _execute(_NEW_BATCH, {})
    _execute(_CONTACTS, {**bounds, "given": GIVEN, "family": FAMILY, "cities": CITIES, "countries": COUNTRIES,
                         "languages": LANGUAGES})  # fmt: skip
    _execute("ANALYZE numbered", {})
    numbers = range(first, end)
    addresses = [f"person{number}@{DOMAINS[number % len(DOMAINS)]}" for number in numbers]
    hashes = [address_hash(address) for address in addresses]
    _execute(_EMAILS, {**bounds, "numbers": list(numbers), "addresses": addresses, "hashes": hashes})
    _execute(_TAGGINGS, bounds)
    for key, share in (("newsletter", 80), ("tracking", 30)):
        purpose = Purpose.objects.get(key=key)
        _execute(_GRANTS, {**bounds, "purpose": purpose.pk, "salt": key, "share": share})
    newsletter = Purpose.objects.get(key="newsletter")
    _execute(_WITHDRAWALS, {**bounds, "purpose": newsletter.pk})
    _execute(f"SELECT refresh_contact_search(array_agg(id)) FROM {_NUMBERED}", bounds)


def _surroundings() -> None:
    Company.objects.bulk_create([Company(name=f"Company {n}", name_norm=f"company {n}") for n in range(200)])
    Tag.objects.bulk_create([Tag(name=name, name_norm=name) for name in TAGS])
    now = timezone.now()
    Campaign.objects.bulk_create(
        [
            Campaign(name=f"Mailing {n}", state=State.SENT, started_at=now - timedelta(days=9 * n), finished_at=now)
            for n in range(CAMPAIGNS)
        ]
    )


def _histories(count: int) -> None:
    """All events. ``power(…, 3)`` gives a few people most of them."""
    year = timezone.now() - timedelta(days=365)
    _execute("SELECT ensure_partitions(%(first)s::date, %(last)s::date)",
             {"first": year.date().replace(day=1), "last": timezone.now().date()})  # fmt: skip
    campaign_ids = list(Campaign.objects.order_by("id").values_list("pk", flat=True))
    shared = {"tenant": require_tenant_id(), "count": count, "campaigns": campaign_ids}
    total = count * EVENTS_PER_CONTACT
    for first in range(0, total, BATCH * EVENTS_PER_CONTACT):
        _execute(_EVENTS, {**shared, "first": first, "last": min(first + BATCH * EVENTS_PER_CONTACT, total) - 1})
    _execute(_LAST_ACTIVE, shared)


def _analyse() -> None:
    """Statistics, as the owner, where this process may act as that."""
    if "migrate" in connections:
        with connections["migrate"].cursor() as cursor:
            for model in _ANALYSED:
                cursor.execute(f"ANALYZE {model._meta.db_table}")


def _execute(sql: str, params: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def _hash(what: str, salt: str, modulus: str) -> str:
    """A whole number below ``modulus`` that follows from ``what``."""
    return f"(('x' || left(md5('{salt}' || {what}), 8))::bit(32)::bigint %% {modulus})"


def _pick(name: str, what: str, salt: str) -> str:
    return f"(%({name})s::text[])[1 + {_hash(what, salt, f'cardinality(%({name})s::text[])')}]"


# This batch's people, known to the planner: the big tables have no statistics yet.
_NUMBERED = "numbered"
_NEW_BATCH = "CREATE TEMPORARY TABLE numbered (number bigint, id bigint) ON COMMIT DROP"
_CONTACTS = f"""
    WITH made AS (
        SELECT n, {_pick("given", "n", "given")} AS given_name, {_pick("family", "n", "family")} AS family_name,
               1 + {_hash("n", "country", "5")} AS place
          FROM generate_series(%(first)s, %(end)s - 1) n),
    companies AS (SELECT array_agg(id ORDER BY id) AS ids FROM {Company.table()} WHERE tenant_id = %(tenant)s),
    people AS (
        INSERT INTO {Contact.table()} (tenant_id, name, given_name, family_name, stage, company_id, job_title, language,
                                       time_zone, country, city, source, sort_key, search_text, created_at, updated_at)
        SELECT %(tenant)s, given_name || ' ' || family_name, given_name, family_name,
               (ARRAY['lead', 'prospect', 'customer', 'customer', 'lapsed'])[1 + {_hash("n", "stage", "5")}],
               CASE WHEN {_hash("n", "works", "3")} = 0 THEN companies.ids[1 + {_hash("n", "company", "200")}] END, '',
               (%(languages)s::text[])[place], '', (%(countries)s::text[])[place], {_pick("cities", "n", "city")},
               'bench', lpad(n::text, 12, '0'), '',
               now() - {_hash("n", "joined", "365")} * interval '1 day', now()
          FROM made CROSS JOIN companies ORDER BY n
        RETURNING id, sort_key)
    INSERT INTO numbered SELECT sort_key::bigint, id FROM people"""
_EMAILS = f"""
    INSERT INTO {EmailAddress.table()} (tenant_id, contact_id, address, address_norm, address_hash, kind, is_primary)
    SELECT %(tenant)s, numbered.id, given.address, given.address, given.hash, 'other', true
      FROM unnest(%(numbers)s::bigint[], %(addresses)s::text[], %(hashes)s::bytea[]) AS given (number, address, hash)
      JOIN {_NUMBERED} USING (number)"""
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
_EVENTS = f"""
    WITH people AS (
        SELECT array_agg(c.id ORDER BY c.id) AS ids FROM {Contact.table()} c WHERE c.tenant_id = %(tenant)s),
    drawn AS (
        SELECT n, people.ids[1 + floor(power({_hash("n", "who", "1000000")} / 1e6, 3) * %(count)s)::int] AS contact_id,
               {_hash("n", "what", "100")} AS what,
               now() - {_hash("n", "when", "31536000")} * interval '1 second' AS at
          FROM generate_series(%(first)s, %(last)s) n CROSS JOIN people),
    named AS (
        SELECT *, CASE WHEN what < 52 THEN 'page.viewed' WHEN what < 71 THEN 'email.sent'
                       WHEN what < 81 THEN 'email.opened' WHEN what < 91 THEN 'form.submitted'
                       WHEN what < 96 THEN 'email.clicked' ELSE 'order.placed' END AS name
          FROM drawn)
    INSERT INTO {Event.table()} (tenant_id, contact_id, name, occurred_at, received_at, source_type, amount, currency,
                                 campaign_id, properties)
    SELECT %(tenant)s, contact_id, name, at, at, 'bench',
           CASE WHEN name = 'order.placed' THEN 500 + {_hash("n", "amount", "20000")} END,
           CASE WHEN name = 'order.placed' THEN 'EUR' ELSE '' END,
           CASE WHEN name LIKE 'email.%%'
                THEN (%(campaigns)s::bigint[])[1 + {_hash("n", "campaign", str(CAMPAIGNS))}] END,
           '{{}}'
      FROM named"""
_LAST_ACTIVE = f"""
    UPDATE {Contact.table()} c SET last_active_at = seen.at
      FROM (SELECT contact_id, max(occurred_at) AS at FROM {Event.table()}
             WHERE tenant_id = %(tenant)s AND name NOT IN ('email.sent') GROUP BY contact_id) seen
     WHERE c.tenant_id = %(tenant)s AND c.id = seen.contact_id"""
