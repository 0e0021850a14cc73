"""What the audit's entries about tokens are called."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from ecrm.audit import words
from ecrm.audit.words import Subject


def register() -> None:
    words.register(
        {"api_token.made": _("API token made"), "api_token.revoked": _("API token revoked")},
        {"api.apitoken": Subject(_("API token"))},
    )
