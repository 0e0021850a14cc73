"""Token buckets in the database: how many messages may go now, shared by all workers."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor
from typing import Any

from django.db import connection

from campaigns.models import Throttle
from ecrm.mail.models import SendingIdentity
from ecrm.tenancy.context import require_tenant_id

TENANT, IDENTITY, DOMAIN = "tenant", "identity", "domain"
BURST_SECONDS = 6.0  # a little more than the time between two ticks, so that the average is reached
LONGEST_WAIT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Grant:
    """``count`` messages may go now; with 0, none before ``wait_seconds`` have passed."""

    count: int
    wait_seconds: float = 0.0


def set_limit(scope: str, key: str, *, per_second: float, burst: float | None = None) -> None:
    """Sets a limit, or lifts it with 0. ``key`` is a domain in lower case; empty for the tenant's."""
    if per_second <= 0:
        Throttle.objects.filter(scope=scope, key=key).delete()
        return
    full = burst or max(1.0, per_second * BURST_SECONDS)
    limit = {"per_second": per_second, "burst": full}
    Throttle.objects.update_or_create(scope=scope, key=key, defaults=limit, create_defaults={**limit, "tokens": full})


def follow_identity(identity: SendingIdentity) -> None:
    """An identity's own limit becomes its sending domain's bucket when a send starts."""
    current = Throttle.objects.filter(scope=IDENTITY, key=identity.domain).values_list("per_second", flat=True).first()
    if (current or 0) != identity.per_second:
        set_limit(IDENTITY, identity.domain, per_second=identity.per_second)


def applying(*, identity: SendingIdentity, recipient_domain: str) -> list[int]:
    """Ids of the buckets a message has to pass."""
    keys = {TENANT: "", IDENTITY: identity.domain, DOMAIN: recipient_domain or None}
    found = Throttle.objects.filter(scope__in=keys).values_list("pk", "scope", "key")
    return [pk for pk, scope, key in found if keys[scope] == key]


def take(throttle_ids: list[int], wanted: int) -> Grant:
    """Takes up to ``wanted`` tokens from every bucket at once, or none. Two statements; must run in a
    transaction, whose end frees the buckets for other workers."""
    if not throttle_ids or wanted <= 0:
        return Grant(wanted)
    buckets = _filled(throttle_ids)
    count = min([wanted, *(floor(tokens) for _pk, tokens, _speed in buckets)])
    if count <= 0:
        wait = max((1 - tokens) / speed for _pk, tokens, speed in buckets)
        return Grant(0, min(max(wait, 0.05), LONGEST_WAIT_SECONDS))
    sql = f"""UPDATE {Throttle.table()} t SET tokens = left_over.tokens, updated_at = clock_timestamp()
                FROM unnest(%s::bigint[], %s::float8[]) AS left_over (id, tokens)
               WHERE t.tenant_id = %s AND t.id = left_over.id"""
    remaining = [tokens - count for _pk, tokens, _speed in buckets]
    with connection.cursor() as cursor:
        cursor.execute(sql, [[pk for pk, *_rest in buckets], remaining, require_tenant_id()])
    return Grant(count)


def _filled(throttle_ids: list[int]) -> list[tuple[int, float, float]]:
    """Locked in the order of ids; what each bucket holds at this moment."""
    sql = f"""SELECT id, per_second, burst, tokens, extract(epoch FROM clock_timestamp() - updated_at)::float8
                FROM {Throttle.table()} WHERE tenant_id = %s AND id = ANY (%s) ORDER BY id FOR UPDATE"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [require_tenant_id(), throttle_ids])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return [
        (pk, min(burst, tokens + max(passed, 0.0) * per_second), per_second)
        for pk, per_second, burst, tokens, passed in rows
    ]
