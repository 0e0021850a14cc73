"""The campaigns of a segment, on the segment's own pages."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Campaign
from contacts.models import Segment
from contacts.segments import uses
from contacts.segments.uses import Act, Use
from ecrm.tenancy.roles import Capability

SHOWN = 100


def register() -> None:
    uses.register(campaigns_of)
    uses.register_act(Act(gettext_lazy("Use in campaign"), "send", new_campaign_url, Capability.CAMPAIGNS_EDIT))


def campaigns_of(segment: Segment) -> Sequence[Use]:
    """The newest first."""
    found = Campaign.objects.filter(segment=segment).order_by("-created_at", "-id")[:SHOWN]
    return [
        Use(_("Campaign"), each.name, reverse("campaign", args=[each.pk]), each.get_state_display()) for each in found
    ]


def new_campaign_url(segment: Segment) -> str:
    return f"{reverse('create_campaign')}?segment={segment.pk}"
