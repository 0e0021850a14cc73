"""Members named with @ in a private note: @Bea, @bea.lopes, @"Bea Lopes", @"bea.lopes@shop.example"."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Membership, User

_MENTION = re.compile(r'(?<![\w@.])@(?:"([^"\n]{1,254})"|([\w.+-]{1,80}))')
_PLAIN = re.compile(r"[\w.+-]{0,79}[\w+-]")
_QUOTABLE = re.compile(r'[^"\n]{1,254}')


def of(text: str) -> list[User]:
    """Members meant by the text. A name that fits several means each of them; one that fits none, nobody."""
    names = {(quoted or plain.rstrip(".")).casefold() for quoted, plain in _MENTION.findall(text)}
    return [user for user in _members() if names & _called(user)] if names else []


def handles() -> list[tuple[User, str]]:
    """Every member by name, with the shortest way to name this one and nobody else. One query."""
    users = _members()
    counted = Counter(name for user in users for name in _called(user))
    return [(user, _handle(user, counted)) for user in users]


def _members() -> Sequence[User]:
    members = Membership.objects.filter(tenant_id=require_tenant_id(), user__is_active=True)
    return [member.user for member in members.select_related("user").order_by("user__name", "user__email")]


def _handle(user: User, counted: Counter[str]) -> str:
    """The name as it is written, as far as it is one's own; else what the address begins with, else all of it."""
    ways = (user.name, user.email.partition("@")[0], user.email)
    name = next((way for way in ways if _QUOTABLE.fullmatch(way) and counted[way.casefold()] == 1), user.email)
    return f"@{name}" if _PLAIN.fullmatch(name) else f'@"{name}"'


def _called(user: User) -> set[str]:
    """Every way to name a member: whole name, first name, their address or the part of it before the @."""
    local = user.email.partition("@")[0]
    return {each.casefold() for each in (user.name, user.get_short_name(), local, user.email)} - {""}
