"""``/campaigns``: what was sent, and what came of it, counted in people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from ninja import Query, Router, Schema, Status
from pydantic import Field

from campaigns import querysets, services
from campaigns.engagement import figures
from campaigns.models import Campaign
from campaigns.sending.services import progress, reasons
from consent.models import Purpose
from contacts.models import Segment
from ecrm.api import root
from ecrm.api.access import ApiRequest, needs
from ecrm.api.paging import PageOut, Window, page_of
from ecrm.api.problems import Problem, invalid
from ecrm.api.schemas import Id, IdIn, In, InstantIn, Text, Whole, number_of
from ecrm.api.scopes import Scope

router = Router()
READ, WRITE = needs(Scope.CAMPAIGNS_READ), needs(Scope.CAMPAIGNS_WRITE)
StateName = Literal["draft", "scheduled", "sending", "paused", "sent", "cancelled"]


class CampaignFilters(Schema):
    state: Annotated[list[StateName], Field(description="Any of these.")] = []
    updated_since: Annotated[InstantIn | None, Field(description="Changed then or later.")] = None


class CampaignChangesIn(In):
    """Only what is given changes. ``holdout_percent`` of the audience get nothing, for comparison."""

    name: Annotated[Text, Field(pattern=r"\S", max_length=120)] = ""
    segment_id: IdIn | None = None
    purpose: Annotated[Text | None, Field(max_length=60, description="Its key.")] = None
    holdout_percent: Annotated[Whole, Field(ge=0, le=services.MOST_HELD_BACK)] = 0


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
    if asked.updated_since:
        found = found.filter(updated_at__gte=asked.updated_since)
    return page_of(found, window, order=("-created_at", "-id"), show=_shown)


@router.get("/{campaign_id}", auth=READ, response=CampaignOut, summary="Read a campaign")
def read_campaign(request: ApiRequest, campaign_id: IdIn) -> Any:
    return _shown([_one(campaign_id)])[0]


@router.patch("/{campaign_id}", auth=WRITE, response=CampaignOut, summary="Change a draft")
def change_campaign(request: ApiRequest, campaign_id: IdIn, given: CampaignChangesIn) -> Any:
    """Changes the fields given and leaves the others. One that is no draft any more is a conflict (409)."""
    with _drafts_only():
        services.edit_settings(campaign=_one(campaign_id), by=request.user, **_changes(given))
    return _shown([_one(campaign_id)])[0]


@router.delete("/{campaign_id}", auth=WRITE, response={204: None}, summary="Delete a draft")
def delete_campaign(request: ApiRequest, campaign_id: IdIn) -> Any:
    """For good. One that is no draft any more is a conflict (409)."""
    with _drafts_only():
        services.delete_draft(campaign=_one(campaign_id), by=request.user)
    return Status(204, None)


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


@contextmanager
def _drafts_only() -> Iterator[None]:
    try:
        yield
    except services.NotADraft as error:
        raise Problem(409, " ".join(error.messages)) from error


def _changes(given: CampaignChangesIn) -> dict[str, Any]:
    """The fields that were given, as the services take them."""
    changes: dict[str, Any] = {name: getattr(given, name) for name in given.model_fields_set}
    if "segment_id" in changes:
        changes["segment"] = _named(Segment, "segment_id", changes.pop("segment_id"), archived_at=None)
    if "purpose" in changes:
        changes["purpose"] = _named(Purpose, "purpose", changes["purpose"])
    return changes


def _named(model: Any, field: str, name: str | None, **kept: Any) -> Any:
    if name is None:
        return None
    found = model.objects.filter(**({"pk": number_of(name)} if field.endswith("_id") else {"key": name}), **kept)
    if (row := found.first()) is None:
        raise invalid(_("There is none like this."), **{field: _("There is none like this.")})
    return row


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
