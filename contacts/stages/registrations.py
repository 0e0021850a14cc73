"""What the rules of stages give to the registries of the house."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from contacts import reactions
from contacts.stages import rules, tasks
from ecrm.jobs import beats, words
from ecrm.tenancy.roles import Capability
from ecrm.ui import settings_pages
from ecrm.ui.settings_pages import Group, SettingsPage

reactions.register_any(rules.react)
beats.on_nightly.append(tasks.hint_nightly)
words.register({"stages.follow_silence": _("Move people who have been quiet")})
settings_pages.register(
    SettingsPage(
        key="stages",
        label=_("Stages"),
        note=_("What makes somebody a customer, and when they count as lapsed."),
        icon="flag",
        url_name="stage_rules",
        order=20,
        capability=Capability.SETTINGS_MANAGE,
        group=Group.DATA,
        keywords=_("lifecycle lead prospect customer lapsed rule"),
    )
)
