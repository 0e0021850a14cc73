"""What tenancy gives to the registries of the house: its own pages of the settings."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from ecrm.tenancy import audit_words
from ecrm.tenancy.roles import Capability
from ecrm.ui.settings_pages import Group, SettingsPage, register

audit_words.register()
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
