"""What consent gives to the registries of the house."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from consent import criteria, defaults, import_columns, merging, panel, privacy, reach, timeline
from ecrm.tenancy import services as tenancy
from ecrm.tenancy.roles import Capability
from ecrm.ui import nav

privacy.register()
timeline.register()
criteria.register()
import_columns.register()
merging.register()
panel.register()
reach.register()
tenancy.furnishings.append(defaults.furnish)
nav.register(
    nav.Entry("consent", _("Consent"), "shield-check", "consent", nav.CONSENT, capability=Capability.CONSENT_VIEW)
)
