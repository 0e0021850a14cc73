"""What consent gives to the registries of the house."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from consent import (
    answers,
    api,
    audit_words,
    bulk,
    criteria,
    defaults,
    export_columns,
    import_columns,
    letters,
    merging,
    panel,
    privacy,
    quality,
    reach,
    step_acts,
    timeline,
)
from ecrm.mail.inbound import receivers
from ecrm.tenancy import services as tenancy
from ecrm.tenancy.roles import Capability
from ecrm.ui import nav, settings_pages
from ecrm.ui.settings_pages import Group, SettingsPage

audit_words.register()
privacy.register()
quality.register_bouncing()
api.register()
timeline.register()
criteria.register()
import_columns.register()
export_columns.register()
merging.register()
panel.register()
bulk.register()
step_acts.register()
reach.register()
letters.register()
receivers.register(answers.ORDER, answers.notice, together=answers.notice_many)
tenancy.furnishings.append(defaults.furnish)
nav.register(
    nav.Entry("consent", _("Consent"), "shield-check", "consent", nav.CONSENT, capability=Capability.CONSENT_VIEW)
)
settings_pages.register(
    SettingsPage(
        key="purposes",
        label=_("Purposes and notices"),
        note=_("Why you write to people, and the wordings they agree to."),
        icon="stamp",
        url_name="consent",
        order=10,
        capability=Capability.CONSENT_MANAGE,
        group=Group.DATA,
        keywords=_("consent newsletter legal basis"),
    )
)
settings_pages.register(
    SettingsPage(
        key="customers",
        label=_("Existing customers"),
        note=_("In which countries you may write to customers who did not ask."),
        icon="shopping-bag",
        url_name="customer_rules",
        order=15,
        capability=Capability.CONSENT_MANAGE,
        group=Group.DATA,
        keywords=_("soft opt-in law country basis"),
    )
)
settings_pages.register(
    SettingsPage(
        key="suppression",
        label=_("Suppression list"),
        note=_("Addresses nobody may write to."),
        icon="ban",
        url_name="suppression",
        order=20,
        capability=Capability.CONSENT_MANAGE,
        group=Group.DATA,
        keywords=_("blocked bounced complaint unsubscribe"),
    )
)
