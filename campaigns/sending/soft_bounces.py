"""Addresses whose mails come back again and again, none of them for good.

A full mailbox or a server that is away says nothing about an address; the same for weeks does. Going on
would cost the sender's reputation and reach nobody. The limits are constants and no setting: below them an
ordinary holiday would block people, above them providers count the mails against the sender.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from campaigns.models import Delivery, Outcome, OutcomeKind
from consent import suppression
from consent.models import Suppression
from ecrm.mail.classify import Refusal
from ecrm.tenancy.context import require_tenant_id

GAVE_UP = "gave_up"
REASONS = (Refusal.SOFT.value, Refusal.FULL.value, GAVE_UP)
TIMES, OVER = 5, timedelta(days=14)
# By then a server has given up and said so (RFC 5321, 4.5.4.1): what has not come back has arrived.
TIME_TO_COME_BACK = timedelta(days=5)


def suppress_worn_out(delivery_ids: Iterable[int]) -> int:
    """Blocks the addresses of these deliveries whose last ``TIMES`` mails, sent over ``OVER`` or longer, all
    came back softly; returns how many. Mails from before a block that was lifted do not count.
    """
    hashes = _worn_out(list(delivery_ids))
    return suppression.suppress_many(hashes, reason=suppression.Reason.SOFT_BOUNCE) if hashes else 0


def _worn_out(delivery_ids: list[int]) -> list[bytes]:
    if not delivery_ids:
        return []
    back = (OutcomeKind.BOUNCED.value, OutcomeKind.FAILED.value)
    sql = f"""
        SELECT DISTINCT given.address_hash
          FROM {Delivery.table()} given
          LEFT JOIN LATERAL (
               SELECT max(s.lifted_at) AS at FROM {Suppression.table()} s
                WHERE s.tenant_id = given.tenant_id AND s.address_hash = given.address_hash
                  AND s.reason = '{suppression.Reason.SOFT_BOUNCE}') AS lifted ON true
         CROSS JOIN LATERAL (
               SELECT count(*) AS times, bool_and(known.is_soft) AS all_soft, max(known.at) - min(known.at) AS span
                 FROM (SELECT d.created_at AS at, fate.is_soft
                         FROM {Delivery.table()} d
                        CROSS JOIN LATERAL (
                              SELECT COALESCE(bool_or(o.kind = ANY (%(back)s) AND o.reason = ANY (%(soft)s)), false)
                                       AS is_soft,
                                     bool_or(o.kind = ANY (%(back)s)) AS is_back,
                                     bool_or(o.kind = '{OutcomeKind.DELIVERED}') AS has_arrived,
                                     max(o.created_at) FILTER (WHERE o.kind = '{OutcomeKind.SENT}') AS sent_at
                                FROM {Outcome.table()} o
                               WHERE o.tenant_id = d.tenant_id AND o.delivery_id = d.id) AS fate
                        WHERE d.tenant_id = given.tenant_id AND d.contact_id = given.contact_id
                          AND d.address_norm = given.address_norm
                          AND (lifted.at IS NULL OR d.created_at > lifted.at)
                          AND (fate.is_soft OR fate.has_arrived OR (fate.sent_at < %(settled)s AND NOT fate.is_back))
                        ORDER BY d.created_at DESC, d.id DESC LIMIT %(times)s) AS known) AS told
         WHERE given.tenant_id = %(tenant)s AND given.id = ANY (%(given)s) AND given.address_hash <> ''
           AND told.times = %(times)s AND told.all_soft AND told.span >= %(over)s"""
    asked: dict[str, Any] = {
        "back": list(back),
        "soft": list(REASONS),
        "settled": timezone.now() - TIME_TO_COME_BACK,
        "times": TIMES,
        "over": OVER,
        "tenant": require_tenant_id(),
        "given": delivery_ids,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, asked)
        return [bytes(digest) for (digest,) in cursor.fetchall()]
