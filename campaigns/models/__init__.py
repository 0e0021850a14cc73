"""What we send, to whom, and what became of it."""

from campaigns.models.campaign import Campaign, CampaignContent, Link
from campaigns.models.delivery import COUNTED, Chunk, Delivery, Exclusion, Intent, Outcome, OutcomeKind, Throttle
from campaigns.models.engagement import Hit

__all__ = [
    "COUNTED",
    "Campaign",
    "CampaignContent",
    "Chunk",
    "Delivery",
    "Exclusion",
    "Hit",
    "Intent",
    "Link",
    "Outcome",
    "OutcomeKind",
    "Throttle",
]
