"""Campaigns in the palette, what can be started here, and whom the end of a send is told."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy

from campaigns.models import Campaign
from ecrm.search import actions, matching, sources
from ecrm.search.actions import Action
from ecrm.search.sources import Found, Source
from ecrm.tenancy.models import Membership
from ecrm.tenancy.roles import Capability
from ecrm.ui import shortcuts
from ecrm.ui.shortcuts import GO_TO, NEW, Shortcut

# Names are compared in Python; older campaigns than these are found in their list.
_READ = 500
_VIEW, _EDIT = Capability.CAMPAIGNS_VIEW, Capability.CAMPAIGNS_EDIT


def register() -> None:
    sources.register(Source("campaigns", gettext_lazy("Campaigns"), "send", _VIEW, find, recall))
    actions.register(
        Action(
            "new_campaign", gettext_lazy("New campaign"), "send", "create_campaign", _EDIT,
            gettext_lazy("add create mail newsletter write"),
        )
    )  # fmt: skip
    shortcuts.register(Shortcut("g m", gettext_lazy("Campaigns"), GO_TO, url_name="campaigns", capability=_VIEW))
    shortcuts.register(Shortcut("w m", gettext_lazy("New campaign"), NEW, url_name="create_campaign", capability=_EDIT))


def find(membership: Membership, text: str, limit: int) -> list[Found]:
    newest = Campaign.objects.only("name", "state").order_by("-created_at", "-id")[:_READ]
    closest = matching.best(text, ((campaign.name, campaign) for campaign in newest), limit=limit)
    return [_found(campaign) for campaign in closest]


def recall(membership: Membership, ids: list[int]) -> dict[int, Found]:
    return {campaign.pk: _found(campaign) for campaign in Campaign.objects.filter(pk__in=ids)}


def _found(campaign: Campaign) -> Found:
    return Found(campaign.name, campaign.get_state_display(), reverse("campaign", args=[campaign.pk]), "send")
