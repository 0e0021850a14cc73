"""What the audit's entries about sites are called."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from ecrm.audit import words
from ecrm.audit.words import Subject


def register() -> None:
    words.register(
        {
            "site.created": _("Site added"),
            "site.changed": _("Site changed"),
            "site.closed": _("Site closed"),
            "site.reopened": _("Site opened again"),
        },
        {"analytics.site": Subject(_("Site"), "site")},
    )
