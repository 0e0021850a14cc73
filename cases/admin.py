"""Cases in a tenant's admin, to read: they are answered in the inbox."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from cases import models
from ecrm.administration.rows import Rows
from ecrm.administration.tenant_site import show, site


@admin.register(models.Case, site=site)
class CaseRows(Rows):
    one, many = _("case"), _("cases")
    list_display = ["number", "subject", "contact", "state", "priority", "assignee", "opened_at", "solved_at"]
    list_filter = ["state", "priority", "channel"]


show(
    models.CaseMessage,
    _("case message"),
    _("case messages"),
    list_display=["id", "case", "direction", "author", "contact", "sender_address", "at"],
)
show(models.CaseFile, _("case attachment"), _("case attachments"))
show(models.Handover, _("case hand-over"), _("case hand-overs"))
show(models.CaseReader, _("case reader"), _("case readers"))
show(models.CaseDraft, _("case draft"), _("case drafts"))
show(models.CaseCounter, _("case counter"), _("case counters"), is_small=True)
show(
    models.CaseMerge, _("case merge"), _("case merges"), list_display=["id", "kept", "merged", "by", "at", "undone_at"]
)
show(models.MovedMessage, _("moved case message"), _("moved case messages"))
show(models.Acknowledgement, _("case confirmation"), _("case confirmations"), is_small=True)
show(models.CaseSettings, _("case settings"), _("case settings"), is_small=True)
