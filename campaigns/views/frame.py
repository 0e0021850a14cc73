"""What the campaign pages share: finding the campaign, its steps, its languages."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, CampaignContent
from campaigns.models.campaign import State
from ecrm.tenancy.requests import MemberRequest

SHAPES: dict[str, str] = {
    State.DRAFT: "draft",
    State.SCHEDULED: "half",
    State.SENDING: "live",
    State.PAUSED: "off",
    State.SENT: "done",
    State.CANCELLED: "fail",
}
AUDIENCE, CONTENT, REVIEW = "audience", "content", "review"


@dataclass(frozen=True, slots=True)
class Step:
    label: str | Promise
    url: str
    is_current: bool
    is_done: bool


@dataclass(frozen=True, slots=True)
class Tab:
    label: str | Promise
    url: str
    is_current: bool
    count: int | None = None
    is_hot: bool = False


def find(campaign_id: int) -> Campaign:
    """This tenant's campaign with what it refers to, or 404."""
    campaigns = Campaign.objects.select_related("segment", "purpose", "identity")
    return get_object_or_404(campaigns, pk=campaign_id)


def content_of(request: MemberRequest, campaign: Campaign, language: str) -> CampaignContent:
    """The stored words, or an unsaved row for a language the tenant writes in. 404 for any other."""
    found = CampaignContent.objects.filter(campaign=campaign, language=language, variant="A").first()
    if found is None and language not in request.tenant.languages:
        raise Http404
    return found or CampaignContent(campaign=campaign, language=language)


def shape(campaign: Campaign) -> str:
    return SHAPES.get(campaign.state, "")


def steps(campaign: Campaign, current: str) -> list[Step]:
    """Audience, content, review: in this order, but each can be opened at any time."""
    is_addressed = bool(campaign.segment_id and campaign.purpose_id and campaign.identity_id)
    places = [
        (AUDIENCE, _("Audience"), reverse("campaign_settings", args=[campaign.pk]), is_addressed),
        (CONTENT, _("Content"), reverse("campaign_content", args=[campaign.pk]), current == REVIEW),
        (REVIEW, _("Review"), reverse("review_campaign", args=[campaign.pk]), False),
    ]
    return [Step(label, url, key == current, is_done and key != current) for key, label, url, is_done in places]


def language_name(code: str) -> str:
    """In the reader's language, as in "Portuguese"."""
    try:
        return str(get_language_info(code)["name_translated"]).capitalize()
    except KeyError:
        return code


def reader_languages(request: MemberRequest) -> list[str]:
    """For texts a tenant wrote: the reader's language, then the tenant's own."""
    return [get_language() or settings.LANGUAGE_CODE, *request.tenant.languages]
