"""What tenancy gives to the registries of the house: its own pages of the settings."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from ecrm.tenancy import audit_words, doors, hold, second_step, tasks
from ecrm.tenancy.roles import Capability
from ecrm.ui import banners
from ecrm.ui.settings_pages import Group, SettingsPage, register

__all__ = ["tasks"]

audit_words.register()
doors.register_gate(second_step.gate, order=10)
doors.register_gate(hold.gate, order=20)
banners.register(second_step.banner)
register(
    SettingsPage(
        key="workspace",
        label=_("Workspace"),
        note=_("Name, languages, time zone, currency, colour and the sender of your mail."),
        icon="building-2",
        url_name="tenant_settings",
        order=10,
        capability=Capability.SETTINGS_MANAGE,
        group=Group.WORKSPACE,
        keywords=_("brand hue postal address reply-to"),
    )
)
register(
    SettingsPage(
        key="members",
        label=_("Members and teams"),
        note=_("Invite people, give them roles and put them into teams."),
        icon="users",
        url_name="members",
        order=10,
        capability=Capability.MEMBERS_MANAGE,
        group=Group.PEOPLE,
        keywords=_("invitation users staff remove"),
    )
)
register(
    SettingsPage(
        key="roles",
        label=_("What roles may do"),
        note=_("Every right and the roles that have it."),
        icon="shield-check",
        url_name="role_table",
        order=20,
        group=Group.PEOPLE,
        keywords=_("permissions rights capabilities"),
    )
)
register(
    SettingsPage(
        key="security",
        label=_("Safety of sign-in"),
        note=_("Ask a passkey or authenticator app of everybody in the workspace."),
        icon="lock",
        url_name="security",
        order=30,
        capability=Capability.SETTINGS_MANAGE,
        group=Group.PEOPLE,
        keywords=_("second factor two-step mfa 2fa security"),
    )
)
register(
    SettingsPage(
        key="hand_over",
        label=_("Hand over"),
        note=_("Make another member the owner."),
        icon="user-round",
        url_name="hand_over",
        order=80,
        capability=Capability.TENANT_OWN,
        group=Group.WORKSPACE,
        keywords=_("transfer ownership owner"),
    )
)
register(
    SettingsPage(
        key="close",
        label=_("Export and close"),
        note=_("Take everything out as a file, or close the workspace and have it erased after thirty days."),
        icon="archive",
        url_name="close_workspace",
        order=90,
        capability=Capability.TENANT_OWN,
        group=Group.WORKSPACE,
        keywords=_("delete workspace download backup"),
    )
)
register(
    SettingsPage(
        key="preferences",
        label=_("Your preferences"),
        note=_("Your name, language and time zone."),
        icon="settings-2",
        url_name="user_preferences",
        order=10,
        group=Group.YOU,
        is_personal=True,
    )
)
register(
    SettingsPage(
        key="two_step",
        label=_("Passkeys and second step"),
        note=_("How you sign in, and what keeps others out."),
        icon="fingerprint",
        url_name="mfa_index",
        order=20,
        group=Group.YOU,
        keywords=_("password authenticator recovery codes"),
        is_personal=True,
    )
)
register(
    SettingsPage(
        key="sessions",
        label=_("Signed-in devices"),
        note=_("Where your account is open now."),
        icon="monitor",
        url_name="account_sessions",
        order=30,
        group=Group.YOU,
        keywords=_("sign out revoke"),
        is_personal=True,
    )
)
register(
    SettingsPage(
        key="leave",
        label=_("Leave the workspace"),
        note=_("You lose access; what you did stays on record."),
        icon="log-out",
        url_name="leave_workspace",
        order=90,
        group=Group.YOU,
    )
)
register(
    SettingsPage(
        key="sample",
        label=_("Sample data"),
        note=_("Remove the people, campaigns and cases that came with the workspace."),
        icon="package",
        url_name="sample_data",
        order=70,
        capability=Capability.TENANT_OWN,
        group=Group.WORKSPACE,
        keywords=_("demo example delete"),
    )
)
