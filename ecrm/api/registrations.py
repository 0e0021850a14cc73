"""What the API gives to the registries of the house."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from ecrm.api import audit_words, tasks
from ecrm.jobs import beats
from ecrm.tenancy.roles import Capability
from ecrm.ui.settings_pages import Group, SettingsPage, register

audit_words.register()
beats.on_nightly.append(tasks.hint_tidy)
register(
    SettingsPage(
        key="api",
        label=_("API"),
        note=_("Tokens for programs that read and write this workspace."),
        icon="braces",
        url_name="api_tokens",
        order=10,
        capability=Capability.API_MANAGE,
        group=Group.DEVELOPERS,
        keywords=_("token key secret integration developer"),
    )
)
