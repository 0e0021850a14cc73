"""What the audit's entries about consent are called."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from ecrm.audit import words
from ecrm.audit.words import Subject


def register() -> None:
    words.register(
        {
            "consent.recorded": _("Consent recorded"),
            "consent.to_be_asked": _("Marked to be asked for consent"),
            "customer_rule.set": _("Rule about existing customers set"),
            "customer_rule.removed": _("Rule about existing customers removed"),
            "notice.published": _("Notice published"),
            "purpose.created": _("Purpose created"),
            "purpose.texts_changed": _("Texts of a purpose changed"),
            "purpose.archived": _("Purpose archived"),
            "purpose.restored": _("Purpose restored"),
            "suppression.added": _("Address suppressed"),
            "suppression.lifted": _("Suppression lifted"),
        },
        {
            "consent.purpose": Subject(_("Purpose"), "purpose"),
            "consent.customerrule": Subject(_("Rule about existing customers"), ""),
            "consent.notice": Subject(_("Notice")),
            "consent.consentrecord": Subject(_("Evidence"), "consent_record"),
            "consent.suppression": Subject(_("Suppression")),
        },
    )
