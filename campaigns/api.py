"""``/campaigns``: what was sent, and what came of it, counted in people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import Http404
from django.utils.translation import gettext_noop
from ninja import Query, Router, Schema
from pydantic import Field

from campaigns import querysets
from campaigns.engagement import figures
from campaigns.models import Campaign
from campaigns.sending.services import progress, reasons
from ecrm.api import root
from ecrm.api.access import ApiRequest, needs
from ecrm.api.paging import PageOut, Window, page_of
from ecrm.api.schemas import Id, IdIn, number_of
from ecrm.api.scopes import Scope

router = Router()
READ = needs(Scope.CAMPAIGNS_READ)
StateName = Literal["draft", "scheduled", "sending", "paused", "sent", "cancelled"]


class CampaignFilters(Schema):
    state: Annotated[list[StateName], Field(description="Any of these.")] = []


class CampaignOut(Schema):
    id: Id
    name: str
    state: str
    segment_id: Id | None
    purpose: str | None
    scheduled_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    created_at: datetime
    updated_at: datetime


class LinkOut(Schema):
    url: str
    label: str
    people: int


class LeftOutOut(Schema):
    reason: str
    label: str
    count: int


class ResultsOut(Schema):
    """Numbers of people, machines left out. Opens are a range, and known only of ``opens_base`` people
    who allow tracking: mail proxies open what nobody reads.
    """

    total: int
    sent: int
    waiting: int
    deferred: int
    failed: int
    unknown: int
    clicked: int
    unsubscribed: int
    answered: int
    came_back: int
    complained: int
    opens_low: int
    opens_high: int
    opens_base: int
    links: list[LinkOut]
    left_out: list[LeftOutOut]


def register() -> None:
    root.register("/campaigns", router, gettext_noop("Campaigns"))


@router.get("", auth=READ, response=PageOut[CampaignOut], summary="List campaigns")
def list_campaigns(request: ApiRequest, asked: Annotated[CampaignFilters, Query()], window: Window) -> Any:
    found = querysets.listed()
    if asked.state:
        found = found.filter(state__in=asked.state)
    return page_of(found, window, order=("-created_at", "-id"), show=_shown)


@router.get("/{campaign_id}", auth=READ, response=CampaignOut, summary="Read a campaign")
def read_campaign(request: ApiRequest, campaign_id: IdIn) -> Any:
    return _shown([_one(campaign_id)])[0]


@router.get("/{campaign_id}/results", auth=READ, response=ResultsOut, summary="Read a campaign's results")
def read_campaign_results(request: ApiRequest, campaign_id: IdIn) -> Any:
    campaign = _one(campaign_id)
    done, found = progress(campaign), figures.for_campaign(campaign)
    return {
        "total": done.total,
        "sent": done.sent,
        "waiting": done.waiting,
        "deferred": done.deferred,
        "failed": done.failed,
        "unknown": done.unknown,
        "clicked": found.human_clicks,
        "unsubscribed": found.unsubscribes,
        "answered": found.reply_people,
        "came_back": found.came_back,
        "complained": found.complaints,
        "opens_low": found.opens_low,
        "opens_high": found.opens_high,
        "opens_base": found.opens_base,
        "links": [{"url": each.link.url, "label": each.link.label, "people": each.people} for each in found.per_link],
        "left_out": [
            {"reason": each.reason, "label": str(each.label), "count": each.count} for each in reasons(campaign)
        ],
    }


def _one(campaign_id: str) -> Campaign:
    campaign = querysets.listed().filter(pk=number_of(campaign_id)).first()
    if campaign is None:
        raise Http404
    return campaign


def _shown(campaigns: Sequence[Campaign]) -> list[dict[str, Any]]:
    kept = ("name", "state", "segment_id", "scheduled_at", "started_at", "finished_at", "created_at", "updated_at")
    return [
        {
            "id": campaign.pk,
            "purpose": campaign.purpose.key if campaign.purpose else None,
            **{name: getattr(campaign, name) for name in kept},
        }
        for campaign in campaigns
    ]
