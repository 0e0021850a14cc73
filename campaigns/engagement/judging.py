"""Which hits were a person's. Judged once, when what speaks against it has had time to come in.

Three kinds of evidence: what fetched (``agents``), when (right after the hand-over, several links at
once, the same one again and again), and how much else the same place fetched. What remains is human.
Verdict and reason are kept with the raw hit, so reports can be asked why.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from campaigns.engagement import agents
from campaigns.models import Campaign, Delivery, Hit, Intent, Link, Outcome, OutcomeKind
from ecrm.tenancy.context import require_tenant_id

BATCH = 1_000
# A scanner's other requests come within seconds of its first; an event that is told cannot be untold.
DELAY = timedelta(seconds=10)
TOO_SOON = timedelta(seconds=2)  # after the hand-over: nobody has read the message yet
AT_ONCE = timedelta(seconds=1)  # two links of one message
AGAIN, AGAIN_WITHIN = 5, timedelta(seconds=10)  # the same link, other times
CROWD = 25  # messages fetched from one place within a minute; a large office stays below

ANNOUNCED = "announced"
REASONS: dict[str, str | Promise] = {
    "browser": _("An ordinary browser, at an ordinary moment"),
    "unfamiliar": _("A program we do not know"),
    "no_agent": _("Did not say what it is"),
    "program": _("A program, not a browser"),
    "robot": _("Calls itself a robot"),
    "headless": _("A browser run by a program"),
    "link_preview": _("A preview made by a messenger"),
    "apple_privacy": _("Apple Mail fetches images by itself"),
    "google_proxy": _("Gmail fetches images for its readers"),
    "yahoo_proxy": _("Yahoo fetches images for its readers"),
    "mail_ru_proxy": _("Mail.ru fetches images for its readers"),
    ANNOUNCED: _("Said that it fetches in advance"),
    "too_soon": _("Before anybody could have read it"),
    "burst": _("Several links at once"),
    "repeated": _("The same link again and again"),
    "crowd": _("Very many messages from one place"),
}


@dataclass(frozen=True, slots=True)
class HumanHit:
    """A hit of a person who allows tracking, as the history tells it."""

    id: int
    kind: str
    at: datetime
    campaign_id: int
    campaign_name: str
    delivery_id: int
    contact_id: int
    link_id: int | None
    link_label: str
    link_url: str


@dataclass(frozen=True, slots=True)
class Judged:
    count: int
    human: list[HumanHit]


def reason_words(reason: str) -> str:
    """A reason as people read it; a security product's name stands for itself."""
    return str(REASONS.get(reason) or reason.replace("_", " ").title())


def judge(*, now: datetime | None = None, limit: int = BATCH) -> Judged:
    """Gives up to ``limit`` hits their verdict, in one statement. Nothing waits: ``count`` is 0."""
    until = (now or timezone.now()) - DELAY
    identified = {text: agents.identify(text) for text in _waiting_agents(until)}
    params: dict[str, Any] = {
        "tenant": require_tenant_id(),
        "until": until,
        "limit": limit,
        "agents": list(identified),
        "verdicts": [str(agent.verdict) for agent in identified.values()],
        "reasons": [agent.reason for agent in identified.values()],
        **_LIMITS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SQL, params)
        rows = cursor.fetchall()
    return Judged(len(rows), [HumanHit(*row[:-1]) for row in rows if row[-1]])


def _waiting_agents(until: datetime) -> list[str]:
    waiting = Hit.objects.filter(verdict="", at__lte=until)
    return list(waiting.order_by().values_list("user_agent", flat=True).distinct())


_LIMITS: dict[str, Any] = {
    "too_soon": TOO_SOON,
    "at_once": AT_ONCE,
    "again": AGAIN,
    "again_within": AGAIN_WITHIN,
    "crowd": CROWD,
}
_V = Hit.Verdict
# Moments are worked out in the batch: a comparison with a sum in it cannot use an index under row security.
_SQL = f"""
    WITH batch AS MATERIALIZED (
        SELECT hit.*, at - %(at_once)s AS at_once_from, at + %(at_once)s AS at_once_to,
               at - %(again_within)s AS again_from, at + %(again_within)s AS again_to,
               date_trunc('minute', at) AS minute
          FROM {Hit.table()} hit
         WHERE tenant_id = %(tenant)s AND verdict = '' AND at <= %(until)s
         ORDER BY id LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED),
    span AS MATERIALIZED (SELECT min(minute) AS since, max(minute) + interval '1 minute' AS until FROM batch),
    crowds AS (
        SELECT hit.ip_hash, date_trunc('minute', hit.at) AS minute,
               count(DISTINCT coalesce(hit.delivery_id, -hit.id)) AS size
          FROM (SELECT DISTINCT ip_hash FROM batch) place
          CROSS JOIN span
          JOIN {Hit.table()} hit ON hit.tenant_id = %(tenant)s AND hit.ip_hash = place.ip_hash
                                AND hit.at >= span.since AND hit.at < span.until
         GROUP BY 1, 2),
    evidence AS (
        SELECT batch.*, agent.verdict AS agent_verdict, agent.reason AS agent_reason,
               crowds.size >= %(crowd)s AS is_crowd,
               batch.at < coalesce(
                   (SELECT max(o.created_at) FROM {Outcome.table()} o WHERE o.tenant_id = batch.tenant_id
                       AND o.delivery_id = batch.delivery_id AND o.kind = '{OutcomeKind.SENT}'),
                   (SELECT max(i.created_at) FROM {Intent.table()} i WHERE i.tenant_id = batch.tenant_id
                       AND i.delivery_id = batch.delivery_id)) + %(too_soon)s AS is_too_soon,
               near.is_burst, near.times >= %(again)s AS is_repeated
          FROM batch
          JOIN unnest(%(agents)s::text[], %(verdicts)s::text[], %(reasons)s::text[]) AS agent (text, verdict, reason)
            ON agent.text = batch.user_agent
          JOIN crowds ON crowds.ip_hash = batch.ip_hash AND crowds.minute = batch.minute
          CROSS JOIN LATERAL (
              SELECT bool_or(other.link_id IS DISTINCT FROM batch.link_id
                             AND other.at BETWEEN batch.at_once_from AND batch.at_once_to) AS is_burst,
                     count(*) FILTER (WHERE other.link_id IS NOT DISTINCT FROM batch.link_id) AS times
                FROM (SELECT id, kind, link_id, at FROM {Hit.table()} named
                       WHERE named.tenant_id = batch.tenant_id AND named.delivery_id = batch.delivery_id
                         AND named.at BETWEEN batch.again_from AND batch.again_to
                      UNION ALL
                      SELECT id, kind, link_id, at FROM {Hit.table()} unnamed
                       WHERE batch.delivery_id IS NULL AND unnamed.delivery_id IS NULL
                         AND unnamed.tenant_id = batch.tenant_id AND unnamed.ip_hash = batch.ip_hash
                         AND unnamed.campaign_id = batch.campaign_id
                         AND unnamed.at BETWEEN batch.again_from AND batch.again_to) other
               WHERE other.kind = batch.kind AND other.id <> batch.id) near),
    verdicts AS (
        SELECT id, CASE WHEN agent_verdict NOT IN ('', '{_V.UNKNOWN}') THEN agent_reason
                        WHEN is_too_soon THEN 'too_soon'
                        WHEN is_burst THEN 'burst'
                        WHEN is_repeated THEN 'repeated'
                        WHEN is_crowd THEN 'crowd'
                        ELSE agent_reason END AS reason,
               CASE WHEN agent_verdict NOT IN ('', '{_V.UNKNOWN}') THEN agent_verdict
                    WHEN is_too_soon OR is_burst OR is_repeated OR is_crowd
                        THEN CASE kind WHEN '{Hit.Kind.OPEN}' THEN '{_V.PREFETCH}' ELSE '{_V.SCANNER}' END
                    WHEN agent_verdict = '' THEN '{_V.HUMAN}'
                    ELSE agent_verdict END AS verdict
          FROM evidence),
    judged AS (
        UPDATE {Hit.table()} hit SET verdict = verdicts.verdict, verdict_reason = verdicts.reason
          FROM verdicts WHERE hit.tenant_id = %(tenant)s AND hit.id = verdicts.id
        RETURNING hit.id, hit.tenant_id, hit.kind, hit.at, hit.campaign_id, hit.delivery_id, hit.link_id, hit.verdict)
    SELECT judged.id, judged.kind, judged.at, judged.campaign_id, campaign.name, delivery.id, delivery.contact_id,
           link.id, coalesce(link.label, ''), coalesce(link.url, ''),
           judged.verdict = '{_V.HUMAN}' AND delivery.id IS NOT NULL
      FROM judged
      JOIN {Campaign.table()} campaign ON campaign.tenant_id = judged.tenant_id AND campaign.id = judged.campaign_id
      LEFT JOIN {Delivery.table()} delivery
             ON delivery.tenant_id = judged.tenant_id AND delivery.id = judged.delivery_id
      LEFT JOIN {Link.table()} link ON link.tenant_id = judged.tenant_id AND link.id = judged.link_id
     ORDER BY judged.at, judged.id"""
