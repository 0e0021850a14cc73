"""Leaving a workspace, handing it over, and ending one's own account."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from ecrm.audit import services as audit
from ecrm.tenancy import sessions
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Membership, TeamMember, Tenant, User
from ecrm.tenancy.roles import Role


@transaction.atomic
def leave_tenant(*, membership: Membership) -> None:
    """A member goes by themselves. The last owner hands the workspace over or closes it first."""
    if is_last_owner(membership):
        raise ValidationError(_("You are the only owner. Hand the workspace over or close it first."))
    TeamMember.objects.filter(user=membership.user_id).delete()
    audit.record("member.left", by=membership.user, subject=membership)
    membership.delete()


@transaction.atomic
def hand_over(*, membership: Membership, to: Membership) -> None:
    """``to`` becomes an owner, ``membership`` an admin. A second click finds nothing to hand over."""
    if to.tenant_id != membership.tenant_id or to.pk == membership.pk:
        raise ValidationError({"to": _("Choose another member of this workspace.")})
    owner = Membership.objects.select_for_update().get(pk=membership.pk)
    if Role.OWNER not in owner.roles:
        raise ValidationError(_("Only an owner can hand the workspace over."))
    to.roles = [Role.OWNER, *(role for role in to.roles if role != Role.OWNER)]
    to.save(update_fields=["roles"])
    owner.roles = [Role.ADMIN, *(role for role in owner.roles if role not in (Role.OWNER, Role.ADMIN))]
    owner.save(update_fields=["roles"])
    audit.record("tenant.handed_over", by=membership.user, subject=to, fields=["roles"])


def is_last_owner(membership: Membership) -> bool:
    if Role.OWNER not in membership.roles:
        return False
    others = Membership.objects.select_for_update().filter(tenant=membership.tenant_id, roles__contains=[Role.OWNER])
    return not [other for other in others if other.pk != membership.pk]


def owned_alone(user: User) -> list[Tenant]:
    """Workspaces that would be left without an owner."""
    memberships = Membership.objects.filter(user=user, roles__contains=[Role.OWNER]).select_related("tenant")
    with transaction.atomic():
        return [membership.tenant for membership in memberships if is_last_owner(membership)]


@transaction.atomic
def delete_account(*, user: User) -> None:
    """Ends the person's memberships and sign-in, and blanks who they were.

    The row stays without name or address, so that the audit still tells one person from another.
    Refuses (``ValidationError``) while a workspace would be left without an owner.
    """
    if alone := owned_alone(user):
        names = ", ".join(tenant.name for tenant in alone)
        raise ValidationError(_("Hand over or close these workspaces first: %(names)s.") % {"names": names})
    for membership in Membership.objects.filter(user=user).select_related("tenant", "user"):
        with tenant_context(membership.tenant):
            leave_tenant(membership=membership)
    sessions.end_sessions(user=user)
    EmailAddress.objects.filter(user=user).delete()
    Authenticator.objects.filter(user=user).delete()
    user.email, user.name = f"deleted-{user.pk}@deleted.invalid", ""
    user.is_active = user.is_staff = user.is_superuser = False
    user.set_unusable_password()
    user.save()
