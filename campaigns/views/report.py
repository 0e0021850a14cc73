"""What became of a campaign: live while it is sent, and afterwards."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from campaigns import exclusions
from campaigns.editing import preflight
from campaigns.models import Campaign
from campaigns.models.campaign import State
from campaigns.report import outcome, recipients
from campaigns.views import frame
from contacts.models import Contact
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui import parts
from ecrm.ui.pages import keyset_page

OVER = {State.SENT, State.CANCELLED}


@requires(Capability.CAMPAIGNS_VIEW)
@require_safe
def campaign_report(request: MemberRequest, campaign_id: int) -> HttpResponse:
    """The whole page, or, asked by its live part, only what changed since (304 when nothing did)."""
    campaign = frame.find(campaign_id)
    if campaign.started_at is None:
        return redirect("campaign", campaign.pk)
    report, is_over = outcome.of(campaign), campaign.state in OVER
    context: dict[str, Any] = {
        "campaign": campaign,
        "shape": frame.shape(campaign),
        "report": report,
        "is_over": is_over,
    }
    if parts.wants_part(request):
        version = parts.version_of(get_language(), campaign.state, campaign.hold_reason, report)
        return parts.render_live(request, "campaigns/report/_live.html", context, version=version, is_done=is_over)
    return render(request, "campaigns/report/page.html", context)


@requires(Capability.CAMPAIGNS_VIEW)
@require_safe
def left_out(request: MemberRequest, campaign_id: int) -> HttpResponse:
    """The people behind a number: who of the segment gets nothing, for one reason."""
    campaign = frame.find(campaign_id)
    reason = request.GET.get("reason", "")
    people = _left_out(campaign, reason)
    seen = people.filter(pk__in=Contact.objects.visible_to(request.membership).values("pk"))
    page = keyset_page(seen.select_related("company"), order=("id",), cursor=request.GET.get("cursor"), size=50)
    context = {
        "campaign": campaign,
        "shape": frame.shape(campaign),
        "reason": exclusions.label(reason),
        "page": page,
        "is_rehearsal": campaign.started_at is None,
    }
    return parts.render_page(request, "campaigns/left_out.html", part="campaigns/_left_out.html", context=context)


@requires(Capability.CAMPAIGNS_VIEW)
@require_safe
def campaign_recipients(request: MemberRequest, campaign_id: int) -> HttpResponse:
    """Messages whose fate deserves a look: refused, put off, unknown, or left out at the last moment."""
    campaign = frame.find(campaign_id)
    kind = recipients.kind_named(request.GET.get("kind", ""))
    found = recipients.by_last_outcome(campaign, kind)
    seen = found.filter(delivery__contact__in=Contact.objects.visible_to(request.membership).values("pk"))
    page = keyset_page(seen, order=("-id",), cursor=request.GET.get("cursor"), size=50)
    context = {
        "campaign": campaign,
        "shape": frame.shape(campaign),
        "kind": kind,
        "tabs": [frame.Tab(each.label, f"?kind={each.value}", each == kind) for each in recipients.KINDS],
        "page": page,
    }
    return parts.render_page(request, "campaigns/recipients.html", part="campaigns/_recipients.html", context=context)


def _left_out(campaign: Campaign, reason: str) -> Any:
    if campaign.started_at is not None:
        return recipients.left_out(campaign, reason)
    can_be_judged = campaign.segment_id and campaign.purpose_id and campaign.contents.exists()
    return preflight.left_out(campaign, reason) if can_be_judged else Contact.objects.none()
