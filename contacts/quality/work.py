"""Looking for what is wrong, set-based: for people who changed within seconds, for everybody every night."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.db import connection, transaction
from django.utils import timezone

from contacts import dirty, worth
from contacts.duplicates import matching, queue
from contacts.models import CleaningSettings, Contact, DuplicatePair, QualityCount, QualityIssue
from contacts.quality import kinds
from ecrm.tenancy.context import require_tenant_id, tenant_transaction

BATCH = 2_000
WHOLE_BATCH = 10_000


@transaction.atomic
def refresh_changed() -> bool:
    """A batch of the people who changed: compared with everybody, and looked at. True when more may wait."""
    ids, has_more = queue.take(BATCH)
    if ids:
        matching.refresh_keys(ids)
        matching.compare(ids)
        check(ids)
        dirty.mark({*ids, *matching.partners(ids)}, reason=queue.LOOKED_AT)
    return has_more


def look_at_everybody(advance: Callable[[int], None]) -> None:
    """The whole base, in transactions of its own; ``advance`` hears of each batch and may end it by raising."""
    last = 0
    while True:
        with tenant_transaction():
            after = last
            last = matching.rekey_all(after=after, limit=WHOLE_BATCH)
            ids = list(Contact.objects.filter(pk__gt=after, pk__lte=last).values_list("pk", flat=True)) if last else []
            if ids:
                check(ids)
        if not ids:
            break
        advance(len(ids))
    with tenant_transaction():
        matching.sweep()
        count_today()


def check(contact_ids: list[int]) -> None:
    """What is wrong with these people, as of now. What was closed stays so while the facts are the same."""
    settings = CleaningSettings.of_tenant()
    checked = kinds.checked()
    values = ", ".join(f"('{kind.key}', {kind.weight}, {kind.sql(settings)})" for kind in checked if kind.sql)
    months = {kind.key: kind.asked_again(settings) for kind in checked}
    since = " ".join(f"WHEN '{key}' THEN interval '{count} months'" for key, count in months.items() if count)
    again = f"issue.closed_at < now() - CASE issue.kind {since} END" if since else "false"
    given = {"values": values, "ids": ",".join(map(str, contact_ids)), "tenant": require_tenant_id(), "again": again}
    with connection.cursor() as cursor:
        cursor.execute(_CHECK.format(**given))


# Whether an issue is another than the one that was closed: other facts, or so long ago that it is asked again.
_ANEW = "(issue.facts <> excluded.facts OR coalesce({again}, false))"
_CHECK = f"""
    WITH wrong AS MATERIALIZED (
        SELECT person.id, found.kind, left(found.facts, 200) AS facts, found.weight + {worth.sql("person")} AS worth,
               person.owner_id, person.source
          FROM {Contact.table()} person CROSS JOIN LATERAL (VALUES {{values}}) AS found (kind, weight, facts)
         WHERE person.tenant_id = {{tenant}} AND person.id = ANY ('{{{{{{ids}}}}}}'::bigint[])
           AND person.binned_at IS NULL AND found.facts IS NOT NULL
    ), gone AS (
        DELETE FROM {QualityIssue.table()} issue
         WHERE issue.tenant_id = {{tenant}} AND issue.contact_id = ANY ('{{{{{{ids}}}}}}'::bigint[])
           AND NOT EXISTS (SELECT FROM wrong WHERE wrong.id = issue.contact_id AND wrong.kind = issue.kind)
    )
    INSERT INTO {QualityIssue.table()} AS issue
           (tenant_id, contact_id, kind, facts, worth, owner_id, source, found_at, closed_as)
    SELECT {{tenant}}, id, kind, facts, worth, owner_id, source, now(), '' FROM wrong ORDER BY id, kind
        ON CONFLICT (tenant_id, contact_id, kind) DO UPDATE
       SET facts = excluded.facts, worth = excluded.worth, owner_id = excluded.owner_id, source = excluded.source,
           found_at = CASE WHEN {_ANEW} THEN now() ELSE issue.found_at END,
           closed_at = CASE WHEN {_ANEW} THEN NULL ELSE issue.closed_at END,
           closed_by_id = CASE WHEN {_ANEW} THEN NULL ELSE issue.closed_by_id END,
           closed_as = CASE WHEN {_ANEW} THEN '' ELSE issue.closed_as END
     WHERE {_ANEW} OR (issue.worth, issue.owner_id, issue.source)
                      IS DISTINCT FROM (excluded.worth, excluded.owner_id, excluded.source)"""


def count_today(day: date | None = None) -> None:
    """Keeps how the base stands today: in all, for each owner and each source. Once more corrects it."""
    keys = [kind.key for kind in kinds.checked()]
    counted = ", ".join(f"'{key}', count(*) FILTER (WHERE '{key}' = ANY (wrong.kinds))" for key in keys)
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNT.format(counted=f"{counted}, " if counted else "", tenant=require_tenant_id()),
            [
                day or timezone.localdate(),
            ],
        )


_COUNT = f"""
    WITH wrong AS (
        SELECT contact_id, array_agg(kind) AS kinds FROM {QualityIssue.table()}
         WHERE tenant_id = {{tenant}} AND closed_at IS NULL GROUP BY contact_id
    ), twin AS (
        SELECT first_id AS contact_id FROM {DuplicatePair.table()} WHERE tenant_id = {{tenant}} AND state = 'open'
         UNION SELECT second_id FROM {DuplicatePair.table()} WHERE tenant_id = {{tenant}} AND state = 'open'
    )
    INSERT INTO {QualityCount.table()} (tenant_id, day, dimension, value, people, counts)
    SELECT {{tenant}}, %s, CASE WHEN grouping(person.owner_id) = 0 THEN 'owner'
                                WHEN grouping(person.source) = 0 THEN 'source' ELSE 'all' END,
           coalesce(CASE WHEN grouping(person.owner_id) = 0 THEN person.owner_id::text
                         WHEN grouping(person.source) = 0 THEN person.source END, ''),
           count(*), jsonb_build_object({{counted}}'{kinds.DUPLICATES}', count(twin.contact_id))
      FROM {Contact.table()} person
      LEFT JOIN wrong ON wrong.contact_id = person.id
      LEFT JOIN twin ON twin.contact_id = person.id
     WHERE person.tenant_id = {{tenant}} AND person.binned_at IS NULL
     GROUP BY GROUPING SETS ((), (person.owner_id), (person.source))
        ON CONFLICT (tenant_id, dimension, value, day)
        DO UPDATE SET people = excluded.people, counts = excluded.counts"""
