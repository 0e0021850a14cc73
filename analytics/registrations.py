"""What analytics gives to the registries of the house."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from analytics import people_sets
from ecrm.tenancy.roles import Capability
from ecrm.ui import nav

nav.register(
    nav.Entry("analytics", _("Analytics"), "chart-line", "dashboard", nav.ANALYTICS, Capability.ANALYTICS_VIEW)
)
people_sets.register()
