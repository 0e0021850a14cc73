"""What Today gives to the registries of the house."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from analytics.today import sections, steps
from ecrm.tenancy.roles import Capability
from ecrm.ui import nav, today
from ecrm.ui.today import Section

nav.register(nav.Entry("today", _("Today"), "list-todo", "today", nav.TODAY, is_fixed=True))

today.register(Section("cases", _("Cases"), 10, Capability.CASES_ANSWER, sections.due_cases))
today.register(Section("answers", _("Replies"), 20, None, sections.answers))
today.register(Section("yesterday", "", 90, Capability.ANALYTICS_VIEW, sections.yesterday))
today.register(Section("campaigns", _("Campaigns"), 10, Capability.CAMPAIGNS_VIEW, sections.campaigns, "side"))
today.register(Section("work", _("Running"), 20, None, sections.work, "side"))
# A new workspace has nothing else to read: there the list comes first.
today.register(Section("setup", _("Set-up"), 0, Capability.SETTINGS_MANAGE, sections.first_setup))
today.register(Section("setup-rest", _("Set-up"), 30, Capability.SETTINGS_MANAGE, sections.setup, "side"))
today.register(Section("sample", _("Sample data"), 40, Capability.SETTINGS_MANAGE, sections.sample_data, "side"))
steps.register_all()
