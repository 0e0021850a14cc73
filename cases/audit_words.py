"""What the audit's entries about cases are called. What happens in a case is in the history itself."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from ecrm.audit import words
from ecrm.audit.words import Subject


def register() -> None:
    words.register(
        {
            "case.opened": _("Case opened"),
            "case.changed": _("Case changed"),
            "case.assigned": _("Case assigned"),
            "case.answered": _("Case answered"),
            "case.answer_taken_back": _("Answer taken back"),
            "case.answer_sent_again": _("Answer sent again"),
            "case.noted": _("Note written in a case"),
            "case.solved": _("Case solved"),
            "case.reopened": _("Case reopened"),
            "case.closed": _("Case closed"),
            "case.merged": _("Cases merged"),
            "case.parted": _("Cases parted again"),
            "case_settings.changed": _("Case settings changed"),
        },
        {"cases.case": Subject(_("Case"), "case_page"), "cases.casesettings": Subject(_("Case settings"))},
    )
