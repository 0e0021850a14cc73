"""What the audit gives to the registries of the house."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from ecrm.audit import tasks, words
from ecrm.tenancy.roles import Capability
from ecrm.ui.settings_pages import Group, SettingsPage, register

__all__ = ["tasks"]

register(
    SettingsPage(
        key="audit",
        label=_("Audit"),
        note=_("Who did, saw and took out what, and when."),
        icon="list",
        url_name="audit",
        order=80,
        capability=Capability.AUDIT_VIEW,
        group=Group.DATA,
        keywords=_("log history staff activity"),
    )
)
words.register(
    {
        "audit.export_begun": _("Audit export begun"),
        "audit.exported": _("Audit exported"),
        "file.downloaded": _("File downloaded"),
    },
    {"files.file": words.Subject(_("File"))},
)
