"""What the columns of campaigns hold (engagement answers for its own)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, CampaignContent, Chunk, Delivery, Exclusion, Link, Outcome, Throttle
from consent.personal_data import Erasure, of_nobody, of_person


def register() -> None:
    of_person(
        Delivery,
        {"address": _("Address written to"), "address_norm": None, "address_hash": None},
        erasure=Erasure.BLANK,
    )
    of_person(Outcome, {"text": None}, erasure=Erasure.BLANK, person="delivery__contact_id")
    of_nobody(Outcome, "reason")
    of_nobody(Exclusion, "reason")
    of_nobody(Campaign, "name", "audience_rule", "hold_reason")
    of_nobody(CampaignContent, "language", "variant", "subject", "preheader", "blocks")
    of_nobody(Link, "url", "label")
    of_nobody(Chunk, "recipient_domain", "worker")
    of_nobody(Throttle, "scope", "key")
