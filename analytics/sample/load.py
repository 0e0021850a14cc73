"""Loads the sample tenants. Deterministic but for today's date; skips tenants that are there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from allauth.account.models import EmailAddress as AccountAddress
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from analytics.sample import brought, conversations, desk, details, mailings, people, settled, tidying, year
from analytics.sample.trades import PASSWORD, TRADES, Trade
from ecrm.jobs import outbox
from ecrm.tenancy import sample, services, teams
from ecrm.tenancy.context import bind_tenant, tenant_context
from ecrm.tenancy.models import Membership, Team, Tenant, User

SEED = 20261121
# Staff of the installation: sees /admin/, and no workspace without a visit. Its password is known to
# all the world, so only a demo has it: an installation that asks staff for a second factor is none.
PLATFORM = "platform@ecrm.example"


def load() -> Iterator[str]:
    """Yields a line for each step, so that the demo can show what takes its time."""
    for trade in TRADES:
        if Tenant.objects.filter(slug=trade.slug).exists():
            yield f"{trade.name} is there already."
        else:
            yield from _load_trade(trade)
    if not settings.STAFF_SECOND_FACTOR:
        User.objects.filter(pk=_user("Rita Platform", PLATFORM).pk).update(is_staff=True)


def logins() -> list[dict[str, str]]:
    """Who can sign in, with the password that the demo prints."""
    members = [
        {"email": staff.email, "password": PASSWORD, "tenant": trade.name, "slug": trade.slug, "role": staff.role}
        for trade in TRADES
        for staff in trade.staff
    ]
    platform = {"email": PLATFORM, "password": PASSWORD, "tenant": "/admin/", "slug": "", "role": "platform"}
    return members if settings.STAFF_SECOND_FACTOR else [*members, platform]


def _load_trade(trade: Trade) -> Iterator[str]:
    random, now = Random(SEED + trade.people), timezone.now().replace(minute=0, second=0, microsecond=0)
    with transaction.atomic():
        tenant, owner = _open(trade, now)
        with tenant_context(tenant):
            made = people.make(trade, random, now=now, by=owner)
            yield f"{trade.name}: {len(made)} people."
            yield f"{trade.name}: {details.make(trade, made, now=now, by=owner)}."
            events = year.make(trade, random, made, now=now)
            yield f"{trade.name}: {events} events of a year."
            yield f"{trade.name}: {mailings.make(trade, random, now=now, by=owner)}."
            yield f"{trade.name}: {conversations.make(trade, random, made, now=now)}."
            yield f"{trade.name}: {desk.make(trade, made, now=now)}."
            yield f"{trade.name}: {tidying.make(trade, made, now=now, by=owner)}."
            yield f"{trade.name}: {settled.make(trade, made, now=now, by=owner)}."
            yield f"{trade.name}: {brought.make(trade, now=now, by=owner)}."
            sample.mark()
    with bind_tenant(tenant):
        outbox.drain()


def _open(trade: Trade, now: datetime) -> tuple[Tenant, User]:
    users = [_user(staff.name, staff.email) for staff in trade.staff]
    tenant = services.create_tenant(
        by=users[0],
        at=now - timedelta(days=366),
        slug=trade.slug,
        name=trade.name,
        languages=list(trade.languages),
        country=trade.country,
        currency=trade.currency,
        time_zone=trade.time_zone,
        hue=trade.hue,
        postal_address=trade.postal_address,
        sender_name=trade.name,
        sender_email=trade.sender_email,
        reply_to=trade.sender_email,
    )
    for staff, user in zip(trade.staff[1:], users[1:], strict=True):
        Membership.objects.create(tenant=tenant, user=user, roles=[staff.role])
    with tenant_context(tenant):
        for staff, user in zip(trade.staff, users, strict=True):
            if staff.team:
                team = Team.objects.filter(name=staff.team).first() or teams.create_team(name=staff.team, by=users[0])
                teams.set_members(team=team, users=[user], by=users[0])
    return tenant, users[0]


def _user(name: str, email: str) -> User:
    user = User.objects.filter(email=email).first()
    if user is None:
        user = User.objects.create_user(email, PASSWORD, name=name, language="en")
        AccountAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user
