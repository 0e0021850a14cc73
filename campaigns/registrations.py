"""What the campaign pages give to the registries of the house."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from campaigns import api, audit_words, criteria, custom_fields, notices, palette, privacy, uses
from ecrm.tenancy import sample
from ecrm.tenancy.roles import Capability
from ecrm.ui import nav

nav.register(nav.Entry("campaigns", _("Campaigns"), "send", "campaigns", nav.CAMPAIGNS, Capability.CAMPAIGNS_VIEW))
audit_words.register()
sample.count_of(_("Campaigns"), "campaigns_campaign")
privacy.register()
api.register()
uses.register()
custom_fields.register()
criteria.register()
palette.register()
notices.register()
