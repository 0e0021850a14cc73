"""What administration gives to the registries of the house."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from ecrm.administration import audit_words, banners, guises, notices, suspension, visits
from ecrm.notices import kinds
from ecrm.tenancy import doors
from ecrm.tenancy.roles import Capability
from ecrm.ui import banners as shown
from ecrm.ui.settings_pages import Group, SettingsPage, register

audit_words.register()
kinds.register(notices.KIND)

doors.register_door(visits.door)
doors.register_gate(suspension.gate, order=15)
# After whatever else may hold a member up: it only changes how they see.
doors.register_gate(guises.gate, order=90)
shown.register(banners.visit)
shown.register(banners.guise)

register(
    SettingsPage(
        key="visits",
        label=_("Support visits"),
        note=_("Who of the installation's staff came in, why, until when, and what they saw."),
        icon="life-buoy",
        url_name="support_visits",
        order=60,
        capability=Capability.SETTINGS_MANAGE,
        group=Group.PEOPLE,
        keywords=_("access platform staff"),
    )
)
register(
    SettingsPage(
        key="view-as",
        label=_("View as a role"),
        note=_("See the product as a role sees it. Nothing can be changed meanwhile."),
        icon="eye",
        url_name="view_as",
        order=30,
        capability=Capability.MEMBERS_MANAGE,
        group=Group.PEOPLE,
        keywords=_("permissions try role"),
    )
)
register(
    SettingsPage(
        key="admin",
        label=_("Admin"),
        note=_("Every table of this workspace, row by row."),
        icon="list",
        url_name="admin:index",
        order=90,
        capability=Capability.ADMIN_USE,
        group=Group.DATA,
        keywords=_("tables rows raw"),
    )
)
