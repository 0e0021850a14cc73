"""What the audit's entries about cases are called. What happens in a case is in the history itself."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from ecrm.audit import words
from ecrm.audit.words import Subject


def register() -> None:
    words.register(
        {"case_settings.changed": _("Case settings changed")},
        {"cases.case": Subject(_("Case"), "case_page"), "cases.casesettings": Subject(_("Case settings"))},
    )
