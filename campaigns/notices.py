"""Whom the fate of a campaign is told."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Campaign
from ecrm.notices import kinds
from ecrm.notices.kinds import NoticeKind
from ecrm.notices.models import Notification
from ecrm.notices.services import notify
from ecrm.tenancy.roles import Capability

SENT, HELD = "campaign.sent", "campaign.held"


def register() -> None:
    for kind in _KINDS:
        kinds.register(kind)


def finished(campaign: Campaign) -> None:
    _tell(SENT, campaign)


def held(campaign: Campaign) -> None:
    _tell(HELD, campaign, reason=campaign.hold_reason)


def _tell(kind: str, campaign: Campaign, **facts: str) -> None:
    """Whoever started it; workers have no request to reverse the address for."""
    if campaign.started_by_id is not None:
        facts = {"name": campaign.name, **facts}
        url = f"/campaigns/{campaign.pk}/"
        notify(kind, to=[campaign.started_by_id], url=url, facts=facts, key=f"{kind}:{campaign.pk}")


def _sent(notice: Notification) -> str:
    return _("%(campaign)s has been sent") % {"campaign": notice.facts.get("name", "")}


def _held(notice: Notification) -> str:
    return _("%(campaign)s stopped and waits for you") % {"campaign": notice.facts.get("name", "")}


def _reason(notice: Notification) -> str:
    return str(notice.facts.get("reason", ""))


_KINDS = (
    NoticeKind(SENT, gettext_lazy("My campaign has been sent"), "send", _sent, capability=Capability.CAMPAIGNS_VIEW),
    NoticeKind(
        HELD, gettext_lazy("My campaign stopped"), "triangle-alert", _held, "now", _reason, Capability.CAMPAIGNS_VIEW
    ),
)
