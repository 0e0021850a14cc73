"""What data quality gives to the registries of the house."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from contacts.quality import checks, criteria, figures, tasks
from ecrm.jobs import beats, words
from ecrm.tenancy.roles import Capability
from ecrm.ui import nav, rail_figures, settings_pages, shortcuts
from ecrm.ui.shortcuts import GO_TO, LISTS, Shortcut


def _waiting(request: HttpRequest) -> nav.Waiting | None:
    waiting = rail_figures.of(request.membership)["quality.waiting"]  # type: ignore[attr-defined]  # the rail is a member's
    if not waiting:
        return None
    return nav.Waiting(min(waiting, figures.RAIL_CAP), _("to put right"), is_more=waiting > figures.RAIL_CAP)


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
rail_figures.register("quality.waiting", figures.waiting_question)
nav.register(
    nav.Entry(
        "quality",
        _("Data quality"),
        "badge-check",
        "quality_inbox",
        nav.CONTACTS + 7,
        capability=Capability.CONTACTS_VIEW,
        count=_waiting,
    )
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
shortcuts.register(Shortcut("e", _("Put the row right"), LISTS, control="fix", capability=Capability.CONTACTS_EDIT))
shortcuts.register(
    Shortcut("d", _("Leave the row as it is"), LISTS, control="leave", capability=Capability.CONTACTS_EDIT)
)
shortcuts.register(
    Shortcut("m", _("Merge the two of the row"), LISTS, control="merge", capability=Capability.CONTACTS_EDIT)
)
