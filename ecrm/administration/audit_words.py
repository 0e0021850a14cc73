"""What the audit's entries about visits, roles looked through, and work in the admin are called."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from ecrm.audit import words
from ecrm.audit.words import Subject


def register() -> None:
    words.register(
        {
            "visit.started": _("Support came in"),
            "visit.ended": _("Support visit ended"),
            "visit.page_seen": _("Support looked at a page"),
            "role.viewed_as": _("Looked at the product as a role"),
            "tenant.suspended": _("Workspace suspended"),
            "tenant.resumed": _("Workspace no longer suspended"),
            "user.changed": _("User changed"),
            "user.activated": _("User activated"),
            "user.deactivated": _("User deactivated"),
            "user.second_factor_reset": _("Second factor reset"),
            "company.changed": _("Company changed"),
            "file.removed": _("File removed"),
            "identity.created": _("Sending identity created"),
            "identity.changed": _("Sending identity changed"),
            "identity.removed": _("Sending identity removed"),
            "tag.removed": _("Tag removed"),
            "work.removed": _("Waiting work removed"),
        },
        {
            "administration.supportvisit": Subject(_("Support visit"), "support_visit"),
            "tenancy.user": Subject(_("User")),
            "mail.sendingidentity": Subject(_("Sending identity")),
            "jobs.outboxentry": Subject(_("Waiting work")),
        },
    )
