"""The list of campaigns, and a campaign as a whole: made, set up, copied, deleted."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from campaigns import querysets, services
from campaigns.engagement import figures
from campaigns.forms import SettingsForm
from campaigns.models import Campaign
from campaigns.models.campaign import State
from campaigns.services import NotADraft, Stale
from campaigns.views import frame
from consent import purposes
from ecrm.mail.models import SendingIdentity
from ecrm.search import recents
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui.pages import keyset_page
from ecrm.ui.parts import INVALID, render_page
from ecrm.ui.toasts import toast, warn


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the list. ``sent`` and ``clicked`` are None for what has not been sent."""

    campaign: Campaign
    shape: str
    purpose: str
    sent: int | None
    clicked: int | None


@requires(Capability.CAMPAIGNS_VIEW)
@require_safe
def campaign_list(request: MemberRequest) -> HttpResponse:
    group = request.GET.get("state", "")
    page = keyset_page(querysets.listed(group), cursor=request.GET.get("cursor"), size=50)
    ids = [campaign.pk for campaign in page.rows]
    sent, clicked = querysets.sent_counts(ids), figures.human_clicks(ids)
    names = purposes.names(frame.reader_languages(request))
    rows = [
        Row(each, frame.shape(each), names.get(each.purpose_id or 0, ""), *_figures(each, sent, clicked))
        for each in page.rows
    ]
    context = {"page": page, "rows": rows, "tabs": _tabs(group), "group": group if group in querysets.GROUPS else ""}
    return render_page(request, "campaigns/list.html", part="campaigns/_list.html", context=context)


@requires(Capability.CAMPAIGNS_VIEW)
@require_safe
def campaign(request: MemberRequest, campaign_id: int) -> HttpResponse:
    """The page that tells most about it: its words while it is a draft, its report afterwards."""
    found = frame.find(campaign_id)
    recents.remember(request.membership, "campaigns", found.pk)
    is_written = found.state in {State.DRAFT, State.SCHEDULED}
    return redirect("campaign_content" if is_written else "campaign_report", found.pk)


@requires(Capability.CAMPAIGNS_EDIT)
@require_http_methods(["GET", "POST"])
def create_campaign(request: MemberRequest) -> HttpResponse:
    # A segment's page sends its own id along.
    initial = _usual() | {"segment": request.GET.get("segment")}
    form = SettingsForm(request.POST or None, languages=frame.reader_languages(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.create_campaign(by=request.user, **form.settings)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            toast(request, _("Campaign created. Nothing is sent before you say so."))
            return redirect("campaign_content", made.pk)
    context = {"form": form, "has_sender": SendingIdentity.objects.exists()}
    return render(request, "campaigns/create.html", context, status=INVALID if form.errors else 200)


@requires(Capability.CAMPAIGNS_EDIT)
@require_http_methods(["GET", "POST"])
def campaign_settings(request: MemberRequest, campaign_id: int) -> HttpResponse:
    found = frame.find(campaign_id)
    if found.state != State.DRAFT:
        return redirect("campaign", found.pk)
    languages = frame.reader_languages(request)
    form = SettingsForm(request.POST or None, campaign=found, languages=languages)
    is_stale = False
    if request.method == "POST" and form.is_valid():
        try:
            version = form.cleaned_data["version"]
            services.edit_settings(campaign=found, by=request.user, expected_version=version, **form.settings)
        except Stale:
            is_stale = True
            found = frame.find(campaign_id)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            toast(request, _("Saved."))
            return redirect("campaign_content", found.pk)
    context = {
        "campaign": found,
        "shape": frame.shape(found),
        "form": form,
        "is_stale": is_stale,
        "saved": SettingsForm(campaign=found, languages=languages).in_words if is_stale else [],
        "steps": frame.steps(found, frame.AUDIENCE),
    }
    return render(request, "campaigns/settings.html", context, status=INVALID if form.errors or is_stale else 200)


@requires(Capability.CAMPAIGNS_EDIT)
@require_POST
def duplicate_campaign(request: MemberRequest, campaign_id: int) -> HttpResponse:
    copied = services.duplicate(campaign=frame.find(campaign_id), by=request.user)
    toast(request, _("This is the copy."))
    return redirect("campaign_content", copied.pk)


@requires(Capability.CAMPAIGNS_EDIT)
@require_POST
def delete_campaign(request: MemberRequest, campaign_id: int) -> HttpResponse:
    found = frame.find(campaign_id)
    try:
        services.delete_draft(campaign=found, by=request.user)
    except NotADraft as error:
        warn(request, error.messages[0])
        return redirect("campaign", found.pk)
    toast(request, _("Draft “%(name)s” deleted.") % {"name": found.name})
    return redirect("campaigns")


def _figures(campaign: Campaign, sent: dict[int, int], clicked: dict[int, int]) -> tuple[int | None, int | None]:
    if campaign.state in {State.DRAFT, State.SCHEDULED}:
        return None, None
    return sent.get(campaign.pk, 0), clicked.get(campaign.pk, 0)


def _tabs(group: str) -> list[frame.Tab]:
    path = reverse("campaigns")
    named = [("", _("All")), ("drafts", _("Drafts")), ("running", _("Under way")), ("done", _("Finished"))]
    current = group if group in querysets.GROUPS else ""
    return [frame.Tab(label, f"{path}?state={key}" if key else path, key == current) for key, label in named]


def _usual() -> dict[str, object]:
    """What most campaigns are for and from, so that a first one needs only a name and a segment."""
    newsletter = purposes.by_key(purposes.NEWSLETTER)
    sender = SendingIdentity.objects.order_by("pk").first()
    return {"purpose": newsletter.pk if newsletter else None, "identity": sender.pk if sender else None}
