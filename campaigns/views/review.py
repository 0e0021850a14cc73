"""From draft to send: the last look, a test to a colleague, the word that cannot be called back."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from campaigns.content.problems import ContentError
from campaigns.editing import preflight, reader
from campaigns.forms import ConfirmForm, ProofForm, ScheduleForm
from campaigns.models import Campaign
from campaigns.models.campaign import State
from campaigns.sending import services
from campaigns.sending.services import NotReady
from campaigns.views import frame
from consent import purposes
from ecrm.mail.handover import Kind
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui.parts import INVALID
from ecrm.ui.toasts import toast, warn


@requires(Capability.CAMPAIGNS_VIEW)
@require_safe
def review_campaign(request: MemberRequest, campaign_id: int) -> HttpResponse:
    campaign = frame.find(campaign_id)
    if campaign.state not in {State.DRAFT, State.SCHEDULED}:
        return redirect("campaign_report", campaign.pk)
    return _review_page(request, campaign)


@requires(Capability.CAMPAIGNS_EDIT)
@require_http_methods(["GET", "POST"])
def send_test(request: MemberRequest, campaign_id: int) -> HttpResponse:
    """To a member of the workspace, written as for the person who is looked at."""
    campaign = frame.find(campaign_id)
    sent = request.POST if request.method == "POST" else None
    form = ProofForm(sent, tenant=request.tenant, reader=request.user)
    chosen = reader.chosen(campaign, request.POST.get("as") or request.GET.get("as", ""), request.membership)
    language, back = (request.POST.get(name) or request.GET.get(name, "") for name in ("language", "back"))
    if form.is_valid() and _test_left(request, campaign, form, chosen, language):
        return redirect("review_campaign" if back == "review" else "campaign_content", campaign.pk)
    context = {
        "campaign": campaign,
        "shape": frame.shape(campaign),
        "form": form,
        "chosen": chosen,
        "language": language,
        "language_name": frame.language_name(language) if language else "",
        "back": back,
    }
    return render(request, "campaigns/send_test.html", context, status=INVALID if form.errors else 200)


@requires(Capability.CAMPAIGNS_SEND)
@require_http_methods(["GET", "POST"])
def send_campaign(request: MemberRequest, campaign_id: int) -> HttpResponse:
    """Asks once more, with the numbers; a second press finds the campaign on its way."""
    campaign = frame.find(campaign_id)
    if campaign.state not in {State.DRAFT, State.SCHEDULED}:
        return redirect("campaign_report", campaign.pk)
    found = preflight.preflight(campaign, membership=request.membership)
    if not found.is_ready:
        warn(request, _("Some things have to be put right before it can be sent."))
        return redirect("review_campaign", campaign.pk)
    form = ConfirmForm(request.POST if request.method == "POST" else None, name=campaign.name)
    if form.is_valid():
        return _start(request, campaign)
    context = {"campaign": campaign, "shape": frame.shape(campaign), "form": form, "flight": found}
    return render(request, "campaigns/send.html", context, status=INVALID if form.errors else 200)


@requires(Capability.CAMPAIGNS_SEND)
@require_POST
def schedule_campaign(request: MemberRequest, campaign_id: int) -> HttpResponse:
    campaign = frame.find(campaign_id)
    if campaign.state != State.DRAFT:
        return redirect("campaign", campaign.pk)
    form = ScheduleForm(request.POST)
    if not form.is_valid():
        return _review_page(request, campaign, schedule_form=form)
    try:
        services.schedule(campaign, by=request.user, when=form.cleaned_data["scheduled_at"])
    except NotReady:
        warn(request, _("Some things have to be put right before it can be sent."))
    except ValidationError as error:
        form.add_error(None, error)
        return _review_page(request, campaign, schedule_form=form)
    else:
        toast(request, _("Scheduled. You can take it back until then."))
    return redirect("review_campaign", campaign.pk)


@requires(Capability.CAMPAIGNS_SEND)
@require_POST
def unschedule_campaign(request: MemberRequest, campaign_id: int) -> HttpResponse:
    campaign = frame.find(campaign_id)
    if services.unschedule(campaign, by=request.user):
        toast(request, _("Back to a draft. Nothing is sent."))
    return redirect("campaign", campaign.pk)


@requires(Capability.CAMPAIGNS_SEND)
@require_POST
def pause_campaign(request: MemberRequest, campaign_id: int) -> HttpResponse:
    campaign = frame.find(campaign_id)
    if services.pause(campaign, by=request.user):
        toast(request, _("Paused. Nothing more leaves until you resume."))
    return redirect("campaign_report", campaign.pk)


@requires(Capability.CAMPAIGNS_SEND)
@require_POST
def resume_campaign(request: MemberRequest, campaign_id: int) -> HttpResponse:
    campaign = frame.find(campaign_id)
    if services.resume(campaign, by=request.user):
        toast(request, _("Sending goes on."))
    return redirect("campaign_report", campaign.pk)


@requires(Capability.CAMPAIGNS_SEND)
@require_POST
def cancel_campaign(request: MemberRequest, campaign_id: int) -> HttpResponse:
    campaign = frame.find(campaign_id)
    if services.cancel(campaign, by=request.user):
        toast(request, _("Cancelled. What was sent stays sent."))
    return redirect("campaign_report", campaign.pk)


def _start(request: MemberRequest, campaign: Campaign) -> HttpResponse:
    try:
        if services.start(campaign, by=request.user):
            toast(request, _("Sending has begun."))
    except NotReady:
        warn(request, _("Some things have to be put right before it can be sent."))
        return redirect("review_campaign", campaign.pk)
    return redirect("campaign_report", campaign.pk)


def _test_left(
    request: MemberRequest, campaign: Campaign, form: ProofForm, chosen: reader.Chosen, language: str
) -> bool:
    """Whether the relay took it; what kept it is said at the form."""
    if chosen.contact is None:
        form.add_error(None, _("Choose a contact to write the test for."))
        return False
    to = form.cleaned_data["to"]
    try:
        outcome = services.send_test(
            campaign, contact=chosen.contact, to=to, by=request.user, language=language or None
        )
    except ContentError as error:
        form.add_error(None, " ".join(dict.fromkeys(problem.message for problem in error.problems)))
        return False
    except ValidationError as error:
        form.add_error(None, error.messages[0])
        return False
    if outcome.kind is not Kind.ACCEPTED:
        reason = outcome.text or str(outcome.kind)
        form.add_error(None, _("The mail server did not take the test: %(reason)s") % {"reason": reason})
        return False
    toast(request, _("Test sent to %(address)s.") % {"address": to})
    return True


def _review_page(
    request: MemberRequest, campaign: Campaign, *, schedule_form: ScheduleForm | None = None
) -> HttpResponse:
    found = preflight.preflight(campaign, membership=request.membership)
    limit = campaign.identity.per_second if campaign.identity else 0
    context: dict[str, Any] = {
        "campaign": campaign,
        "shape": frame.shape(campaign),
        "steps": frame.steps(campaign, frame.REVIEW),
        "flight": found,
        "words": [(each, frame.language_name(each.language)) for each in found.words],
        "purpose_name": _purpose_name(request, campaign),
        "limit": limit,
        "minutes": preflight.minutes(found.recipients, limit),
        "schedule_form": schedule_form or ScheduleForm(),
    }
    return render(request, "campaigns/review.html", context, status=INVALID if schedule_form else 200)


def _purpose_name(request: MemberRequest, campaign: Campaign) -> str:
    if campaign.purpose is None:
        return ""
    return purposes.wording(campaign.purpose, frame.reader_languages(request)).name
