"""What data quality gives to the registries of the house."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from contacts.quality import checks, criteria, tasks
from ecrm.jobs import beats, words
from ecrm.tenancy.roles import Capability
from ecrm.ui import settings_pages, shortcuts
from ecrm.ui.shortcuts import GO_TO, LISTS, Shortcut

checks.register_all()
criteria.register()
beats.on_tick.append(tasks.hint_due)
beats.on_nightly.append(tasks.hint_nightly)
words.register(
    {
        "quality.refresh": _("Check contacts that changed"),
        "quality.look": _("Check the quality of all contacts"),
        "quality.look_nightly": _("Check the quality of all contacts"),
    }
)
settings_pages.register(
    settings_pages.SettingsPage(
        key="quality",
        label=_("Data quality"),
        note=_("What a complete contact has, when one is stale, and which duplicates merge by themselves."),
        icon="badge-check",
        url_name="quality_settings",
        order=35,
        capability=Capability.SETTINGS_MANAGE,
        group=settings_pages.Group.DATA,
        keywords=_("duplicates merge required fields incomplete"),
    )
)
shortcuts.register(
    Shortcut("g q", _("Data quality"), GO_TO, url_name="quality_inbox", capability=Capability.CONTACTS_VIEW)
)
shortcuts.register(Shortcut("e", _("Done with the row"), LISTS, control="done", capability=Capability.CONTACTS_EDIT))
shortcuts.register(
    Shortcut("m", _("Merge the two of the row"), LISTS, control="merge", capability=Capability.CONTACTS_EDIT)
)
