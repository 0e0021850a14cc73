"""What the audit's entries about campaigns are called."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from ecrm.audit import words
from ecrm.audit.words import Subject


def register() -> None:
    words.register(
        {
            "campaign.created": _("Campaign created"),
            "campaign.edited": _("Campaign settings changed"),
            "campaign.written": _("Campaign content changed"),
            "campaign.language_removed": _("Language removed from a campaign"),
            "campaign.deleted": _("Campaign deleted"),
            "campaign.tested": _("Test message sent"),
            "campaign.scheduled": _("Campaign scheduled"),
            "campaign.unscheduled": _("Campaign taken off the schedule"),
            "campaign.started": _("Sending started"),
            "campaign.paused": _("Sending paused"),
            "campaign.resumed": _("Sending resumed"),
            "campaign.cancelled": _("Sending cancelled"),
            "campaign.sent": _("Campaign sent"),
        },
        {"campaigns.campaign": Subject(_("Campaign"), "campaign")},
    )
