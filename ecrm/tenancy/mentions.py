"""Members named with @ in a private note: @Bea, @bea.lopes, @"Bea Lopes"."""

from __future__ import annotations

import re

from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Membership, User

_MENTION = re.compile(r'(?<![\w@.])@(?:"([^"\n]{1,80})"|([\w.+-]{1,80}))')


def of(text: str) -> list[User]:
    """Members meant by the text. A name that fits several means each of them; one that fits none, nobody."""
    names = {(quoted or plain).rstrip(".").casefold() for quoted, plain in _MENTION.findall(text)}
    if not names:
        return []
    members = Membership.objects.filter(tenant_id=require_tenant_id(), user__is_active=True).select_related("user")
    return [membership.user for membership in members if names & _called(membership.user)]


def _called(user: User) -> set[str]:
    """Every way to name a member: whole name, first name, the part before the @ of their address."""
    return {user.name.casefold(), user.get_short_name().casefold(), user.email.partition("@")[0].casefold()} - {""}
