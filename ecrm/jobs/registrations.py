"""What jobs give to the registries of the house."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from ecrm.audit import words as audit_words
from ecrm.jobs import words
from ecrm.ui.settings_pages import Group, SettingsPage, register

register(
    SettingsPage(
        key="jobs",
        label=_("Jobs"),
        note=_("Imports, exports and other long work: how far it is and what came of it."),
        icon="clock",
        url_name="jobs",
        order=70,
        group=Group.DATA,
        keywords=_("background progress stuck failed retry"),
    )
)
audit_words.register({"work.retried": _("Stuck work tried again")})
words.register(
    {
        "audit.export": _("Write the audit as a file"),
        "tenant.export": _("Write the workspace as a file"),
        "imports.check": _("Check an import file"),
        "imports.undo": _("Undo an import"),
        "imports.load": _("Load an import"),
        "mail.take_in": _("Take in a mail"),
        "mail.fetch_mailbox": _("Read a mailbox"),
        "webhooks.work": _("Work what a mail provider told"),
    }
)
