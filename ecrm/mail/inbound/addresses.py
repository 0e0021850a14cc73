"""Addresses people write to, and whose they are.

`support.<slug>@<domain>` is a tenant's mailbox (`InboundAddress`, found through `Route`).
`reply+<token>@<domain>` is one conversation, its tenant found by the token.
`bounce+<token>@<domain>` is the return path of one delivery (`message_ids`).
Tokens stand there in base32: mail servers fold the case of what stands before the @.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ecrm.audit import services as audit
from ecrm.keys import keyed_hash
from ecrm.mail import message_ids
from ecrm.mail.addresses import normalise
from ecrm.mail.models import InboundAddress
from ecrm.tenancy import tokens
from ecrm.tenancy.context import require_tenant_id, tenant_context
from ecrm.tenancy.models import Route, Tenant, User

ROUTE_KIND = "inbound"
SUPPORT = "support"
REPLY, BOUNCE = "reply", "bounce"
_NAME = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Destination:
    """``token`` as in ``Letter.token``: base64url behind `reply+`, a message token behind `bounce+`."""

    tenant_id: int
    kind: str
    token: str = ""


def reply_address(token: str, tenant: Tenant | None = None) -> str:
    """Where answers to one conversation go. ``token`` is of ``tenancy.tokens.make``; it names the
    tenant itself, so that ``tenant`` is only for the reader of the call."""
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    return f"{REPLY}+{base64.b32encode(raw).decode().rstrip('=').lower()}@{settings.INBOUND_DOMAIN}"


def return_path(delivery_id: int) -> str:
    """The envelope sender of a delivery: what a bounce comes back to, whatever it quotes."""
    return f"{BOUNCE}+{message_ids.token_of(delivery_id)}@{settings.INBOUND_DOMAIN}"


def support_address() -> str:
    """The address the current tenant is written to; empty when its members closed them all.

    Opens the first one of a tenant older than its mailbox: it need not wait for the night.
    """
    found = _open_mailbox()
    if found is None:
        furnish(Tenant.objects.get(pk=require_tenant_id()))
        found = _open_mailbox()
    return found.address if found else ""


def destination(recipient: str) -> Destination | None:
    """Whose mail this is; None when nobody's. Reads shared tables only, at most one statement."""
    address = normalise(recipient)
    local, _at, domain = address.rpartition("@")
    name, plus, tag = local.partition("+")
    if domain == settings.INBOUND_DOMAIN and plus and name in (REPLY, BOUNCE):
        return _of_reply(tag) if name == REPLY else _of_bounce(tag)
    route = Route.objects.filter(kind=ROUTE_KIND, key_hash__in=[_key(address), _key(f"{name}@{domain}")]).first()
    return Destination(route.tenant_id, SUPPORT) if route else None


def token_in(recipient: str) -> str:
    """The token behind the + of an address of ours, unverified; empty for none."""
    local, _at, domain = normalise(recipient).rpartition("@")
    name, _plus, tag = local.partition("+")
    if domain != settings.INBOUND_DOMAIN:
        return ""
    return _unfolded(tag) if name == REPLY else tag if name == BOUNCE else ""


@transaction.atomic
def open_address(address: str, *, kind: str = SUPPORT, by: User | None) -> InboundAddress:
    """Opens an address of the current tenant, or opens it again. Idempotent.

    Refuses (``ValidationError``) what is not `<name>.<slug>@<our domain>`: nobody may open the
    mailbox of another.
    """
    tenant = Tenant.objects.get(pk=require_tenant_id())
    norm = _allowed(address, tenant)
    route, _is_new = Route.objects.get_or_create(key_hash=_key(norm), defaults={"kind": ROUTE_KIND, "tenant": tenant})
    if route.tenant_id != tenant.pk:
        raise ValidationError({"address": _("This address is taken.")})
    defaults = {"address": norm, "kind": kind, "created_by": by}
    found, is_new = InboundAddress.objects.get_or_create(address_norm=norm, defaults=defaults)
    if not is_new and found.closed_at is not None:
        InboundAddress.objects.filter(pk=found.pk).update(closed_at=None)
        found.closed_at, is_new = None, True
    if is_new and by is not None:
        audit.record("inbound_address.opened", by=by, subject=found)
    return found


@transaction.atomic
def close_address(*, address: InboundAddress, by: User) -> bool:
    """Mail to it is refused from now on. False when it was closed already."""
    closed = InboundAddress.objects.filter(pk=address.pk, closed_at=None).update(closed_at=timezone.now())
    if closed:
        Route.objects.filter(kind=ROUTE_KIND, key_hash=_key(address.address_norm)).delete()
        audit.record("inbound_address.closed", by=by, subject=address)
    return bool(closed)


def furnish(tenant: Tenant) -> None:
    """A tenant's first mailbox, where the installation's domain allows it. Idempotent."""
    norm = f"{SUPPORT}.{tenant.slug}@{settings.INBOUND_DOMAIN}"
    if not InboundAddress.objects.filter(address_norm=norm).exists():
        open_address(norm, by=None)


def furnish_all() -> None:
    """For tenants older than their mailbox, and after the domain has changed."""
    for tenant in Tenant.objects.order_by("id"):
        with tenant_context(tenant):
            furnish(tenant)


def _open_mailbox() -> InboundAddress | None:
    return InboundAddress.objects.filter(kind=SUPPORT, closed_at=None).order_by("id").first()


def _allowed(address: str, tenant: Tenant) -> str:
    norm = normalise(address)
    local, _at, domain = norm.rpartition("@")
    ending = f".{tenant.slug}"
    name = local.removesuffix(ending)
    if domain != settings.INBOUND_DOMAIN or name == local or len(local) > 64 or not _NAME.fullmatch(name):
        example = f"help{ending}@{settings.INBOUND_DOMAIN}"
        raise ValidationError({"address": _("An address of yours looks like %(example)s.") % {"example": example}})
    return norm


def _of_reply(tag: str) -> Destination | None:
    token = _unfolded(tag)
    tenant = tokens.tenant_of(token) if token else None
    return Destination(tenant.pk, REPLY, token) if tenant else None


def _of_bounce(tag: str) -> Destination | None:
    named = message_ids.read(tag)
    if named is None or not Tenant.objects.filter(pk=named.tenant_id).exists():
        return None
    return Destination(named.tenant_id, BOUNCE, tag)


def _unfolded(tag: str) -> str:
    """Base32 in any case to the base64url it stands for; empty for rubbish."""
    try:
        raw = base64.b32decode(tag.upper() + "=" * (-len(tag) % 8))
    except (binascii.Error, ValueError):
        return ""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _key(address_norm: str) -> bytes:
    return keyed_hash("route-inbound", address_norm.encode())
