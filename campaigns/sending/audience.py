"""From "everybody in this segment" to deliveries: counted beforehand, then stored in ranges.

A range is one statement and one transaction, and goes on after the last person already decided,
so that a killed worker costs one range of work and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from time import monotonic
from typing import Any

from django.db import connection
from django.db.models.functions import Now

from campaigns.exclusions import Reason
from campaigns.models import Campaign, Chunk, Delivery, Exclusion
from campaigns.models.campaign import State
from campaigns.sending.people import judged
from consent.models import Purpose
from ecrm.tenancy.context import require_tenant_id, tenant_transaction

CHUNK_SIZE = 1_000
FIRST_RANGE, LATER_RANGE = 2_000, 10_000  # a small first one, so that the workers can begin
TIME_BUDGET_SECONDS = 60.0
SAMPLE = 5


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a send would do now. ``exclusions`` counts people by reason, ``per_content`` by content id.

    ``sample`` holds the ids of a few people who would get it.
    """

    eligible: int
    exclusions: dict[str, int]
    per_content: dict[int, int]
    sample: list[int]

    @property
    def total(self) -> int:
        return self.eligible + sum(self.exclusions.values())


def rehearse(campaign: Campaign) -> Rehearsal:
    """Counts the audience by the statement that will store it. One pass over the segment."""
    people = judged(campaign)
    sql = f"""
        SELECT reason, content_id, count(*), (array_agg(contact_id ORDER BY contact_id))[1:{SAMPLE}]
          FROM ({people.sql}) people GROUP BY reason, CASE WHEN reason IS NULL THEN content_id END, content_id"""
    exclusions: dict[str, int] = {}
    per_content: dict[int, int] = {}
    sample: list[int] = []
    for reason, content_id, count, ids in _rows(sql, people.params):
        if reason:
            exclusions[reason] = exclusions.get(reason, 0) + count
        else:
            per_content[content_id] = count
            sample += ids
    return Rehearsal(sum(per_content.values()), exclusions, per_content, sorted(sample)[:SAMPLE])


def materialise(campaign_id: int) -> Iterator[int]:
    """Stores the rest of the audience, a range at a time; yields the chunks each range made.

    Ends early when the campaign is no longer sending, when another worker is at it, or after a
    minute: whoever looks next goes on. Idempotent.
    """
    deadline = monotonic() + TIME_BUDGET_SECONDS
    while monotonic() < deadline:
        with tenant_transaction():
            if not _is_ours(campaign_id):
                return
            campaign = Campaign.objects.select_related("segment").get(pk=campaign_id)
            decided, chunks = _store_range(campaign)
            if not decided:
                _close(campaign)
        yield chunks
        if not decided:
            return


def _is_ours(campaign_id: int) -> bool:
    """The right to decide this campaign's people, until the transaction ends."""
    locked = _rows("SELECT pg_try_advisory_xact_lock(hashtext('campaign audience'), %s)", [campaign_id % 2**31])[0][0]
    waiting = Campaign.objects.filter(pk=campaign_id, state=State.SENDING, audience_done_at=None)
    return bool(locked) and waiting.exists()


def _close(campaign: Campaign) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(audience_done_at=Now())


def _store_range(campaign: Campaign) -> tuple[int, int]:
    """How many people were decided and how many chunks made.

    One statement: chunk ids are drawn first, so that deliveries can name them. An address that went
    to somebody else meanwhile is left to the unique key.
    """
    after = campaign.audience_position
    people = judged(campaign, after=after, limit=LATER_RANGE if after else FIRST_RANGE)
    is_marketing = Purpose.objects.values_list("is_marketing", flat=True).get(pk=campaign.purpose_id or 0)
    tenant_id, campaign_id = require_tenant_id(), campaign.pk
    sql = f"""
        WITH people AS MATERIALIZED ({people.sql}),
        numbered AS (
            SELECT *, (row_number() OVER (PARTITION BY content_id, domain ORDER BY contact_id) - 1) / %s AS slot
              FROM people WHERE reason IS NULL),
        slots AS MATERIALIZED (
            SELECT nextval(pg_get_serial_sequence('{Chunk.table()}', 'id')) AS id, content_id, domain, slot
              FROM (SELECT DISTINCT content_id, domain, slot FROM numbered) AS each),
        deliveries AS (
            INSERT INTO {Delivery.table()} (tenant_id, campaign_id, contact_id, content_id, address, address_norm,
                                            address_hash, is_marketing, consent_record_id, chunk_id, created_at)
            SELECT %s, %s, n.contact_id, n.content_id, n.address, n.address_norm, n.address_hash, %s, n.record_id,
                   slots.id, now()
              FROM numbered n JOIN slots USING (content_id, domain, slot) ORDER BY slots.id, n.contact_id
                ON CONFLICT (tenant_id, campaign_id, address_norm) DO NOTHING
            RETURNING contact_id, chunk_id),
        chunks AS (
            INSERT INTO {Chunk.table()} (id, tenant_id, campaign_id, content_id, recipient_domain, size, due_at,
                                         worker, sent, deferred, failed, unknown, skipped, rate)
            SELECT slots.id, %s, %s, content_id, domain, size, now(), '', 0, 0, 0, 0, 0, 0
              FROM slots JOIN (SELECT chunk_id AS id, count(*) AS size FROM deliveries GROUP BY 1) filled USING (id)
            RETURNING id),
        exclusions AS (
            INSERT INTO {Exclusion.table()} (tenant_id, campaign_id, contact_id, reason, created_at)
            SELECT %s, %s, contact_id, coalesce(reason, '{Reason.DUPLICATE_ADDRESS}'), now() FROM people
             WHERE reason IS NOT NULL OR contact_id NOT IN (SELECT contact_id FROM deliveries))
        SELECT (SELECT count(*) FROM people), (SELECT max(contact_id) FROM people), (SELECT count(*) FROM chunks)"""
    ours = (tenant_id, campaign_id)
    decided, last, chunks = _rows(sql, (*people.params, CHUNK_SIZE, *ours, is_marketing, *ours, *ours))[0]
    if decided:
        Campaign.objects.filter(pk=campaign.pk).update(audience_position=last)
    return decided, chunks


def _rows(sql: str, params: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())
