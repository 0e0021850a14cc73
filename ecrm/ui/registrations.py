"""What the shell gives to the registries of the house."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from ecrm.tenancy.roles import Capability
from ecrm.ui import rail_figures, settings_pages, shell
from ecrm.ui.settings_pages import Group, SettingsPage

rail_figures.register("shell.hidden", shell.hidden_question)

settings_pages.register(
    SettingsPage(
        key="places",
        label=_("Places"),
        note=_("Which places the rail shows. What you do not use can be left out."),
        icon="list",
        url_name="shown_places",
        order=60,
        capability=Capability.SETTINGS_MANAGE,
        group=Group.WORKSPACE,
        keywords=_("hide menu navigation unused"),
    )
)
settings_pages.register(
    SettingsPage(
        key="setup",
        label=_("Set-up"),
        note=_("What a new workspace needs before its first send and its first answer."),
        icon="list-todo",
        url_name="setup",
        order=70,
        capability=Capability.SETTINGS_MANAGE,
        group=Group.WORKSPACE,
        keywords=_("checklist start first steps"),
    )
)
