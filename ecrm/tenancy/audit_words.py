"""What the audit's entries about the workspace and its people are called."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from ecrm.audit import words
from ecrm.audit.words import Subject


def register() -> None:
    words.register(
        {
            "tenant.created": _("Workspace made"),
            "tenant.changed": _("Workspace settings changed"),
            "tenant.handed_over": _("Workspace handed over"),
            "tenant.closed": _("Workspace closed"),
            "tenant.restored": _("Workspace restored"),
            "tenant.export_begun": _("Export of the workspace begun"),
            "tenant.exported": _("Workspace exported"),
            "tenant.second_step_asked": _("Second step asked of everybody"),
            "tenant.second_step_dropped": _("Second step no longer asked"),
            "invitation.sent": _("Invitation sent"),
            "invitation.revoked": _("Invitation revoked"),
            "member.joined": _("Member joined"),
            "member.left": _("Member left"),
            "member.removed": _("Member removed"),
            "member.roles_changed": _("Roles changed"),
            "team.created": _("Team created"),
            "team.changed": _("Team changed"),
            "team.removed": _("Team removed"),
            "shell.changed": _("Shown parts changed"),
            "sample.removed": _("Sample data removed"),
        },
        {
            "tenancy.tenant": Subject(_("Workspace")),
            "tenancy.membership": Subject(_("Member")),
            "tenancy.invitation": Subject(_("Invitation")),
            "tenancy.team": Subject(_("Team")),
        },
    )
