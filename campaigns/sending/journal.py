"""The engine's journal: what is still to do, what is about to be sent, what became of it.

Both tables only grow. An intent is committed before its message is handed over; an outcome after.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from campaigns.exclusions import Reason
from campaigns.models import COUNTED, Campaign, Chunk, Delivery, Intent, Outcome, OutcomeKind
from campaigns.models.campaign import State
from campaigns.sending.claims import Claim
from consent import purposes, rules
from consent.models import Purpose
from contacts.models import Company, Contact, EmailAddress
from contacts.texts.own_fields import Pairs
from ecrm.rowsets import rows_of
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Tenant

FINAL = (OutcomeKind.SENT, OutcomeKind.FAILED, OutcomeKind.SKIPPED)
# Deferrals of ours (relay out of reach, found absent) are no verdict of the recipient's host.
UNSENT, ABSENT = "unsent", "absent"


class Pending(NamedTuple):
    """A delivery without a final outcome. ``attempt`` is the last one begun, 0 for none.

    ``kind`` is the last outcome's, empty for none; ``outcome_attempt`` the attempt it belongs to;
    ``deferrals`` how often the recipient's host put it off. ``is_tracked``: the person agreed to it.
    """

    delivery_id: int
    contact_id: int
    address: str
    is_marketing: bool
    attempt: int
    intended_at: datetime | None
    kind: str
    outcome_attempt: int
    deferrals: int
    is_tracked: bool
    name: str
    given_name: str
    family_name: str
    company: str
    city: str
    country: str
    language: str
    custom: Pairs = ()

    @property
    def is_doubtful(self) -> bool:
        """It may have been handed over: an attempt without an outcome, or one that ended unknown."""
        return self.attempt > 0 and (self.outcome_attempt < self.attempt or self.kind == OutcomeKind.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Result:
    """One attempt's outcome, to be written."""

    pending: Pending
    attempt: int
    kind: str
    code: int | None = None
    reason: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Intended:
    """``is_ours`` False: the chunk or the campaign is no longer ours to work on, nothing was written.

    ``allowed`` are delivery ids that may be handed over now; ``skipped`` those that may not, by reason.
    """

    is_ours: bool
    allowed: frozenset[int]
    skipped: dict[int, str]


def pending(chunk_id: int, *, is_fresh: bool, is_unknown_final: bool) -> list[Pending]:
    """The chunk's deliveries that still need work, in order, with what their message says of them.

    ``is_fresh``: nobody has worked this chunk before. ``is_unknown_final``: the relay cannot be
    asked, so a marketing message in doubt stays so.
    """
    found = _deliveries(chunk_id)
    if is_fresh:
        return found
    past = _past([each.delivery_id for each in found])
    reached = [each._replace(**past[each.delivery_id].as_fields()) for each in found if each.delivery_id in past]
    untouched = [each for each in found if each.delivery_id not in past]
    return untouched + [
        each for each in reached if not past[each.delivery_id].is_over(is_unknown_final and each.is_marketing)
    ]


def intend(held: Claim, attempts: dict[int, int], *, purpose: Purpose) -> Intended:
    """Declares that these deliveries (id: attempt) are about to be handed over.

    In one statement: the lease is renewed if it and the campaign still stand, everybody whose consent,
    address or suppression has changed is skipped for good, and the others get their intent.
    """
    consent = rules.sql(purpose, one_by_one=True)
    reason = f"""CASE
        WHEN c.binned_at IS NOT NULL THEN '{Reason.BINNED}'
        WHEN e.id IS NULL THEN '{Reason.NO_ADDRESS}'
        WHEN {rules.suppressed_sql()} THEN '{Reason.SUPPRESSED}'
        WHEN ({consent.condition}) IS NOT TRUE THEN '{Reason.WITHDRAWN}' END"""
    tenant_id = require_tenant_id()
    sql = f"""
        WITH held AS (
            UPDATE {Chunk.table()} chunk SET leased_until = clock_timestamp() + %s * interval '1 second'
             WHERE chunk.tenant_id = %s AND chunk.id = %s AND chunk.worker = %s AND chunk.done_at IS NULL
               AND chunk.leased_until > clock_timestamp()
               AND EXISTS (SELECT FROM {Campaign.table()} k
                             JOIN {Tenant._meta.db_table} t ON t.id = k.tenant_id AND t.suspended_at IS NULL
                            WHERE k.tenant_id = chunk.tenant_id
                              AND k.id = chunk.campaign_id AND k.state = '{State.SENDING}')
            RETURNING chunk.tenant_id, chunk.campaign_id),
        judged AS MATERIALIZED (
            SELECT held.tenant_id, held.campaign_id, d.id, wanted.attempt, {reason} AS reason
              FROM held
              JOIN unnest(%s::bigint[], %s::smallint[]) AS wanted (id, attempt) ON true
              JOIN {Delivery.table()} d ON d.tenant_id = held.tenant_id AND d.id = wanted.id
              JOIN {Contact.table()} c ON c.tenant_id = d.tenant_id AND c.id = d.contact_id
              LEFT JOIN {EmailAddress.table()} e ON e.tenant_id = d.tenant_id AND e.address_norm = d.address_norm
                                                AND e.contact_id = d.contact_id AND e.binned_at IS NULL
              {consent.join}),
        intents AS (
            INSERT INTO {Intent.table()} (tenant_id, campaign_id, delivery_id, attempt, created_at)
            SELECT tenant_id, campaign_id, id, attempt, statement_timestamp() FROM judged WHERE reason IS NULL),
        skips AS (
            INSERT INTO {Outcome.table()} (tenant_id, campaign_id, delivery_id, attempt, kind, reason, text, created_at)
            SELECT tenant_id, campaign_id, id, attempt, '{OutcomeKind.SKIPPED}', reason, '', clock_timestamp()
              FROM judged WHERE reason IS NOT NULL)
        SELECT (SELECT count(*) FROM held), coalesce(array_agg(id) FILTER (WHERE reason IS NULL), '{{}}'),
               coalesce(array_agg(id) FILTER (WHERE reason IS NOT NULL), '{{}}'),
               coalesce(array_agg(reason) FILTER (WHERE reason IS NOT NULL), '{{}}')
          FROM judged"""
    params = [
        held.lease,
        tenant_id,
        held.chunk_id,
        held.worker,
        list(attempts),
        list(attempts.values()),
        *consent.params,
    ]
    is_ours, allowed, skipped, reasons = _rows(sql, params)[0]
    return Intended(bool(is_ours), frozenset(allowed), dict(zip(skipped, reasons, strict=True)))


def write(campaign_id: int, results: Sequence[Result]) -> list[Result]:
    """Appends outcomes, one statement for any number; answers those that were not written before."""
    if not results:
        return []
    given = rows_of(
        {
            "delivery_id": ("bigint", [result.pending.delivery_id for result in results]),
            "attempt": ("smallint", [result.attempt for result in results]),
            "kind": ("text", [str(result.kind) for result in results]),
            "code": ("smallint", [result.code or None for result in results]),
            "reason": ("text", [result.reason[:40] for result in results]),
            "text": ("text", [result.text[:300] for result in results]),
        }
    )
    sql = f"""
        INSERT INTO {Outcome.table()} (tenant_id, campaign_id, delivery_id, attempt, kind, code, reason, text,
                                       created_at)
        SELECT %s, %s, given.*, clock_timestamp() FROM ({given.sql}) AS given
        ON CONFLICT (tenant_id, delivery_id, attempt, kind) DO NOTHING RETURNING delivery_id, kind"""
    written = set(_rows(sql, [require_tenant_id(), campaign_id, *given.params]))
    return [result for result in results if (result.pending.delivery_id, str(result.kind)) in written]


def count(held: Claim, changes: dict[str, int], *, rate: float) -> None:
    """Adds to the chunk's counts by outcome kind; negative for deliveries that left a kind."""
    kinds = [kind for kind in COUNTED if changes.get(kind)]
    added = "".join(f", {kind} = {kind} + %s" for kind in kinds)
    sql = f"UPDATE {Chunk.table()} SET rate = %s{added} WHERE tenant_id = %s AND id = %s"
    _execute(sql, [rate, *(changes[kind] for kind in kinds), require_tenant_id(), held.chunk_id])


def _tracking() -> rules.SqlRule:
    """Whether the person agreed to be followed into the message."""
    purpose = purposes.by_key(purposes.TRACKING)
    return rules.sql(purpose, one_by_one=True) if purpose else rules.SqlRule("", "FALSE", ())


def _deliveries(chunk_id: int) -> list[Pending]:
    tracking = _tracking()
    sql = f"""
        SELECT d.id, c.id, d.address, d.is_marketing, 0, NULL, '', 0, 0, ({tracking.condition}) IS TRUE, c.name,
               c.given_name, c.family_name, coalesce(company.name, ''), c.city, c.country, c.language
          FROM {Delivery.table()} d
          JOIN {Contact.table()} c ON c.tenant_id = d.tenant_id AND c.id = d.contact_id
          LEFT JOIN {Company.table()} company ON company.tenant_id = d.tenant_id AND company.id = c.company_id
          {tracking.join}
         WHERE d.tenant_id = %s AND d.chunk_id = %s ORDER BY d.id"""
    return [Pending(*row) for row in _rows(sql, [*tracking.params, require_tenant_id(), chunk_id])]


@dataclass(slots=True)
class _Past:
    """What the journal says of one delivery."""

    attempt: int = 0
    intended_at: datetime | None = None
    outcomes: list[tuple[int, str, str]] = field(default_factory=list)  # attempt, kind, reason; oldest first

    def is_over(self, is_unknown_final: bool) -> bool:
        kinds = {kind for _attempt, kind, _reason in self.outcomes}
        return bool(kinds & set(FINAL)) or (is_unknown_final and OutcomeKind.UNKNOWN in kinds)

    def as_fields(self) -> dict[str, Any]:
        attempt, kind, _reason = self.outcomes[-1] if self.outcomes else (0, "", "")
        put_off = [reason for _attempt, kind, reason in self.outcomes if kind == OutcomeKind.DEFERRED]
        return {
            "attempt": self.attempt,
            "intended_at": self.intended_at,
            "kind": kind,
            "outcome_attempt": attempt,
            "deferrals": sum(reason not in (UNSENT, ABSENT) for reason in put_off),
        }


def _past(delivery_ids: list[int]) -> dict[int, _Past]:
    """By delivery id, those that were tried before. Two statements by id, never one a delivery: the
    planner knows nothing of tables that have just grown."""
    found: dict[int, _Past] = {}
    ours = [require_tenant_id(), delivery_ids]
    intents = f"""SELECT delivery_id, attempt, created_at FROM {Intent.table()}
                   WHERE tenant_id = %s AND delivery_id = ANY (%s) ORDER BY attempt"""
    for delivery_id, attempt, created_at in _rows(intents, ours):
        found[delivery_id] = _Past(attempt, created_at)
    outcomes = f"""SELECT delivery_id, attempt, kind, reason FROM {Outcome.table()}
                    WHERE tenant_id = %s AND delivery_id = ANY (%s) ORDER BY attempt, id"""
    for delivery_id, attempt, kind, reason in _rows(outcomes, ours):
        found.setdefault(delivery_id, _Past()).outcomes.append((attempt, kind, reason))
    return found


def _rows(sql: str, params: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def _execute(sql: str, params: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
