"""Verbs on sites, and the quick look that the door takes at them."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from analytics.models import Site
from consent import defaults
from ecrm.audit import services as audit
from ecrm.keys import keyed_hash
from ecrm.tenancy.context import require_tenant_id, tenant_context
from ecrm.tenancy.models import Route, Tenant, User

ROUTE_KIND = "site"
# How long other processes may go on with what they saw before a change.
REMEMBERED_SECONDS = 10.0
_MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Known:
    """What the door needs to know of a site."""

    tenant_id: int
    site_id: int
    origins: frozenset[str]


@transaction.atomic
def create_site(*, name: str, origins: Sequence[str], by: User | None) -> Site:
    """Opens the door for visits of one site. Raises ``ValidationError`` for what is no origin."""
    tenant = Tenant.objects.get(pk=require_tenant_id())
    site = Site(name=name.strip(), key=secrets.token_urlsafe(12), origins=_origins(origins))
    site.full_clean(exclude=["tenant"])
    site.save()
    Route.objects.create(kind=ROUTE_KIND, key_hash=_route_hash(site.key), tenant=tenant)
    defaults.add_visits(tenant.languages)
    audit.record("site.created", by=by, subject=site)
    return site


@transaction.atomic
def change_site(*, site: Site, name: str, origins: Sequence[str], by: User | None) -> None:
    site.name, site.origins = name.strip(), _origins(origins)
    site.full_clean(exclude=["tenant"])
    site.save(update_fields=["name", "origins"])
    _remembered.pop(site.key, None)
    audit.record("site.changed", by=by, subject=site, fields=["name", "origins"])


@transaction.atomic
def close_site(*, site: Site, by: User) -> bool:
    """Takes no more visits; what came in stays. False when it was closed before."""
    closed = Site.objects.filter(pk=site.pk, closed_at=None).update(closed_at=timezone.now())
    if closed:
        _remembered.pop(site.key, None)
        audit.record("site.closed", by=by, subject=site)
    return bool(closed)


@transaction.atomic
def reopen_site(*, site: Site, by: User) -> bool:
    reopened = Site.objects.filter(pk=site.pk, closed_at__isnull=False).update(closed_at=None)
    if reopened:
        _remembered.pop(site.key, None)
        audit.record("site.reopened", by=by, subject=site)
    return bool(reopened)


_remembered: dict[str, tuple[float, Known | None]] = {}


def known(key: str) -> Known | None:
    """The open site behind a key; asks the database once in ten seconds."""
    now = time.monotonic()
    entry = _remembered.get(key)
    if entry is not None and entry[0] > now:
        return entry[1]
    found = _look_up(key)
    if len(_remembered) >= _MOST_REMEMBERED:
        _remembered.clear()
    _remembered[key] = (now + REMEMBERED_SECONDS, found)
    return found


def _look_up(key: str) -> Known | None:
    if not connection.in_atomic_block:
        # The door stands before Django's own care for connections.
        connection.close_if_unusable_or_obsolete()
    route = Route.objects.filter(kind=ROUTE_KIND, key_hash=_route_hash(key)).first()
    if route is None:
        return None
    with tenant_context(route.tenant_id):
        site = Site.objects.filter(key=key, closed_at=None).first()
    return Known(route.tenant_id, site.pk, frozenset(site.origins)) if site else None


def origin_of(address: str) -> str:
    """Scheme, host and port as browsers write them. Raises ``ValidationError``."""
    text = address.strip()
    parts = urlsplit(text if "//" in text else f"https://{text}")
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in ("http", "https") or not parts.hostname or port == -1 or "*" in parts.hostname:
        raise ValidationError(_("“%(address)s” is no address of a site."), params={"address": address})
    usual = {"http": 80, "https": 443}[parts.scheme]
    host = parts.hostname.encode("idna").decode() if not parts.hostname.isascii() else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{port}" if port and port != usual else "")


def _origins(addresses: Sequence[str]) -> list[str]:
    found = list(dict.fromkeys(origin_of(address) for address in addresses if address.strip()))
    if not found:
        raise ValidationError({"origins": _("Name at least one address.")})
    return found


def _route_hash(key: str) -> bytes:
    return keyed_hash("route", b"site:" + key.encode())
