"""What each role may do and how far it sees. The only table of permissions (shown at /roles/)."""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Role(models.TextChoices):
    # Other languages do not say "owner" of a workspace as they do of a contact.
    OWNER = "owner", pgettext_lazy("role", "Owner")
    ADMIN = "admin", _("Admin")
    MARKETER = "marketer", _("Marketer")
    SALES = "sales", _("Sales")
    SUPPORT = "support", _("Support")
    PRIVACY = "privacy", _("Privacy officer")
    VIEWER = "viewer", _("Viewer")


class Sight(IntEnum):
    """How far a role sees records that have an owner."""

    OWN = 1
    TEAM = 2
    ALL = 3


class Capability(models.TextChoices):
    CONTACTS_VIEW = "contacts.view", _("See contacts")
    CONTACTS_EDIT = "contacts.edit", _("Create and edit contacts")
    CONTACTS_DELETE = "contacts.delete", _("Bin and restore contacts")
    CONTACTS_BULK_DELETE = "contacts.bulk_delete", _("Bin many contacts at once")
    CONTACTS_IMPORT = "contacts.import", _("Import contacts")
    CONTACTS_EXPORT = "contacts.export", _("Export contacts")
    SEGMENTS_VIEW = "segments.view", _("See segments")
    SEGMENTS_EDIT = "segments.edit", _("Create and edit segments")
    CAMPAIGNS_VIEW = "campaigns.view", _("See campaigns and their results")
    CAMPAIGNS_EDIT = "campaigns.edit", _("Write campaigns")
    CAMPAIGNS_SEND = "campaigns.send", _("Send campaigns")
    CONSENT_VIEW = "consent.view", _("See consent and its evidence")
    CONSENT_RECORD = "consent.record", _("Record consent and withdrawals")
    CONSENT_MANAGE = "consent.manage", _("Manage purposes, notices and suppression")
    CASES_VIEW = "cases.view", _("See cases")
    CASES_ANSWER = "cases.answer", _("Answer, assign and solve cases")
    CASES_MANAGE = "cases.manage", _("Manage mailboxes and delete cases")
    REVENUE_VIEW = "revenue.view", _("See revenue")
    ANALYTICS_VIEW = "analytics.view", _("See analytics")
    AUDIT_VIEW = "audit.view", _("See what staff did")
    MEMBERS_MANAGE = "members.manage", _("Invite people and change their roles")
    SETTINGS_MANAGE = "settings.manage", _("Change settings")
    API_MANAGE = "api.manage", _("Make and revoke API tokens")
    TENANT_OWN = "tenant.own", _("Take out, hand over and delete the workspace")
    ADMIN_USE = "admin.use", _("Use the workspace's admin")


C = Capability
_READ = {C.CONTACTS_VIEW, C.SEGMENTS_VIEW, C.CAMPAIGNS_VIEW, C.CASES_VIEW, C.CONSENT_VIEW, C.ANALYTICS_VIEW}
_WRITE = {C.CONTACTS_EDIT, C.CONTACTS_DELETE}

GRANTS: dict[Role, frozenset[Capability]] = {
    Role.OWNER: frozenset(Capability),
    Role.ADMIN: frozenset(Capability) - {C.TENANT_OWN},
    Role.MARKETER: frozenset(
        _READ
        | _WRITE
        | {C.CONTACTS_IMPORT, C.SEGMENTS_EDIT, C.CAMPAIGNS_EDIT, C.CAMPAIGNS_SEND, C.CONSENT_RECORD}
        | {C.REVENUE_VIEW}
    ),
    Role.SALES: frozenset(_READ | _WRITE | {C.REVENUE_VIEW, C.CONSENT_RECORD, C.CASES_ANSWER}),
    Role.SUPPORT: frozenset(_READ | _WRITE | {C.CONSENT_RECORD, C.CASES_ANSWER, C.CASES_MANAGE}),
    Role.PRIVACY: frozenset(
        _READ | {C.CONTACTS_DELETE, C.CONTACTS_EXPORT, C.CONSENT_RECORD, C.CONSENT_MANAGE, C.AUDIT_VIEW}
    ),
    Role.VIEWER: frozenset(_READ),
}

SIGHT: dict[Role, Sight] = dict.fromkeys(Role, Sight.ALL) | {Role.SALES: Sight.TEAM}


def capabilities(roles: list[str]) -> frozenset[Capability]:
    """The union over several roles; unknown role names grant nothing."""
    return _granted(tuple(roles))


def by_roles(names: list[str]) -> str:
    """A right that hangs on roles and not on a capability; ``Membership.may`` takes it like one.

    Owners and admins always have it.
    """
    return _BY_ROLES + ",".join(sorted({*names, Role.OWNER, Role.ADMIN}))


def grants(roles: list[str], right: str) -> bool | None:
    """Whether these roles have a right of ``by_roles``; None for a capability."""
    if not right.startswith(_BY_ROLES):
        return None
    return not set(right.removeprefix(_BY_ROLES).split(",")).isdisjoint(roles)


_BY_ROLES = "roles:"


def sight(roles: list[str]) -> Sight:
    """The widest sight of several roles."""
    return max((SIGHT[Role(role)] for role in roles if role in Role.values), default=Sight.OWN)


@lru_cache(maxsize=256)
def _granted(roles: tuple[str, ...]) -> frozenset[Capability]:
    """Kept: a page asks dozens of times."""
    return frozenset().union(*(GRANTS[Role(role)] for role in roles if role in Role.values))
