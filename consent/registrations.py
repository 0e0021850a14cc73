"""What consent gives to the registries of the house."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from consent import classification, criteria, defaults, history, import_columns, merging, panel, reach
from ecrm.tenancy import services as tenancy
from ecrm.tenancy.roles import Capability
from ecrm.ui import nav

classification.register()
history.register()
criteria.register()
import_columns.register()
merging.register()
panel.register()
reach.register()
reach.register()
tenancy.furnishings.append(defaults.furnish)
nav.register(
    nav.Entry("consent", _("Consent"), "shield-check", "consent", nav.CONSENT, capability=Capability.CONSENT_VIEW)
)
