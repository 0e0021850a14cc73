"""Verbs on tenants and their people."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ecrm.audit import services as audit
from ecrm.tenancy import tokens
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Invitation, Membership, TeamMember, Tenant, User
from ecrm.tenancy.roles import Role

INVITATION_DAYS = 7

# Rooms above fill this in apps.ready(): what a new tenant needs from the first minute.
furnishings: list[Callable[[Tenant], None]] = []
# And this: what follows when a tenant says something else about itself. Idempotent.
followers: list[Callable[[Tenant], None]] = []


@transaction.atomic
def create_tenant(*, by: User, at: datetime | None = None, **fields: Any) -> Tenant:
    """Makes a tenant with ``by`` as its owner and everything a first send needs."""
    tenant = Tenant(created_at=at or timezone.now(), **fields)
    tenant.full_clean()
    tenant.save()
    tokens.open_route(tenant)
    Membership.objects.create(tenant=tenant, user=by, roles=[Role.OWNER])
    with tenant_context(tenant):
        for furnish in furnishings:
            furnish(tenant)
        audit.record("tenant.created", by=by, subject=tenant, at=at)
    return tenant


def may_create_tenant(user: User) -> bool:
    """Where accounts are by invitation, workspaces are made by owners of one and by the platform's staff."""
    if settings.SIGNUP == "open" or user.is_staff:
        return True
    return Membership.objects.filter(user=user, roles__contains=[Role.OWNER]).exists()


@transaction.atomic
def change_tenant(*, tenant: Tenant, by: User, fields: Iterable[str]) -> None:
    """Saves what was edited on ``tenant``; rooms above follow, such as with a sender to write from."""
    tenant.save()
    audit.record("tenant.changed", by=by, subject=tenant, fields=fields)
    for follow in followers:
        follow(tenant)


@transaction.atomic
def invite(*, tenant: Tenant, email: str, roles: list[str], by: User) -> tuple[Invitation, str]:
    """Opens the door for one address. Returns the invitation and its secret, shown only now.

    A second invitation of the same address closes the first.
    """
    email = email.strip().lower()
    if Membership.objects.filter(tenant=tenant, user__email=email).exists():
        raise ValidationError({"email": _("This person is a member already.")})
    open_ones = tenant.invitations.filter(email=email, accepted_at=None, revoked_at=None)
    open_ones.update(revoked_at=timezone.now())
    secret, token_hash = tokens.new_secret()
    invitation = Invitation.objects.create(
        tenant=tenant,
        email=email,
        roles=roles,
        token_hash=token_hash,
        invited_by=by,
        expires_at=timezone.now() + timedelta(days=INVITATION_DAYS),
    )
    audit.record("invitation.sent", by=by, subject=invitation)
    return invitation, secret


def find_invitation(secret: str) -> Invitation | None:
    """The open invitation behind a secret, else None."""
    invitation = (
        Invitation.objects.select_related("tenant", "invited_by").filter(token_hash=tokens.secret_hash(secret)).first()
    )
    return invitation if invitation and invitation.is_open else None


@transaction.atomic
def accept_invitation(*, invitation: Invitation, by: User, name: str = "") -> Membership | None:
    """Joins once, under ``name`` if the person has none yet. None when the invitation was used, revoked
    or expired meanwhile.

    Refuses (``ValidationError``) another person's invitation: it was sent to one address.
    """
    if by.email != invitation.email:
        raise ValidationError(_("This invitation was sent to another address."))
    now = timezone.now()
    opened = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, revoked_at=None, expires_at__gt=now).update(
        accepted_at=now
    )
    if not opened:
        return None
    if name and not by.name:
        by.name = name
        by.save(update_fields=["name"])
    membership, _created = Membership.objects.get_or_create(
        tenant=invitation.tenant, user=by, defaults={"roles": invitation.roles}
    )
    with tenant_context(invitation.tenant):
        audit.record("member.joined", by=by, subject=membership)
    return membership


@transaction.atomic
def revoke_invitation(*, invitation: Invitation, by: User) -> bool:
    revoked = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, revoked_at=None).update(
        revoked_at=timezone.now()
    )
    if revoked:
        audit.record("invitation.revoked", by=by, subject=invitation)
    return bool(revoked)


@transaction.atomic
def change_roles(*, membership: Membership, roles: list[str], by: Membership) -> None:
    """Only an owner makes or unmakes owners, and one owner always remains."""
    touches_owner = (Role.OWNER in membership.roles) != (Role.OWNER in roles)
    if touches_owner and Role.OWNER not in by.roles:
        raise ValidationError({"roles": _("Only an owner can change who is an owner.")})
    if Role.OWNER not in roles:
        _keep_one_owner(membership)
    membership.roles = roles
    membership.save(update_fields=["roles"])
    audit.record("member.roles_changed", by=by.user, subject=membership, fields=["roles"])


@transaction.atomic
def remove_member(*, membership: Membership, by: Membership) -> None:
    if Role.OWNER in membership.roles and Role.OWNER not in by.roles:
        raise ValidationError(_("Only an owner can remove an owner."))
    _keep_one_owner(membership)
    TeamMember.objects.filter(user=membership.user_id).delete()
    audit.record("member.removed", by=by.user, subject=membership)
    membership.delete()


def _keep_one_owner(membership: Membership) -> None:
    owners = Membership.objects.select_for_update().filter(tenant_id=membership.tenant_id, roles__contains=[Role.OWNER])
    if {owner.pk for owner in owners} == {membership.pk}:
        raise ValidationError({"roles": _("A tenant needs at least one owner.")})
