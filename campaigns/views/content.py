"""The editor: one form that brings the whole message back and forth, with or without script."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from campaigns import services
from campaigns.content.problems import ContentError
from campaigns.editing import arranging, page, posted
from campaigns.editing.posted import Draft
from campaigns.models import Campaign, CampaignContent
from campaigns.models.campaign import State
from campaigns.services import NotADraft, Stale
from campaigns.views import frame
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui import parts
from ecrm.ui.parts import INVALID
from ecrm.ui.toasts import toast, warn

AUTOSAVE, OVERWRITE, AS_COPY, ON = "autosave", "overwrite", "as_copy", "review"


@requires(Capability.CAMPAIGNS_VIEW)
@require_safe
def campaign_content(request: MemberRequest, campaign_id: int) -> HttpResponse:
    """To the words in the reader's language, else in the first that is written."""
    campaign = frame.find(campaign_id)
    written = list(campaign.contents.order_by("id").values_list("language", flat=True))
    wanted = [language for language in frame.reader_languages(request) if language in written]
    language = (wanted or written or request.tenant.languages)[0]
    is_draft = campaign.state == State.DRAFT and request.membership.may(Capability.CAMPAIGNS_EDIT)
    return redirect("edit_content" if is_draft else "read_message", campaign.pk, language)


@requires(Capability.CAMPAIGNS_EDIT)
@require_http_methods(["GET", "POST"])
def edit_content(request: MemberRequest, campaign_id: int, language: str) -> HttpResponse:
    campaign = frame.find(campaign_id)
    if campaign.state != State.DRAFT:
        return redirect("campaign", campaign.pk)
    content = frame.content_of(request, campaign, language)
    if request.method == "POST":
        return _save(request, campaign, content)
    if content._state.adding:
        return _begin(request, campaign, language)
    context = _context(request, campaign, content, open_id=request.GET.get("open", ""))
    return render(request, "campaigns/editor/page.html", context)


@requires(Capability.CAMPAIGNS_EDIT)
@require_POST
def copy_content(request: MemberRequest, campaign_id: int, language: str) -> HttpResponse:
    """Begins a language: with the words of ``source``, or empty."""
    campaign = frame.find(campaign_id)
    if _is_written(campaign, language):
        return redirect("edit_content", campaign.pk, language)
    try:
        services.copy_content(
            campaign=campaign, source=request.POST.get("source", ""), language=language, by=request.user
        )
    except ValidationError as error:
        warn(request, error.messages[0])
        return redirect("campaign", campaign.pk)
    return redirect("edit_content", campaign.pk, language)


@requires(Capability.CAMPAIGNS_EDIT)
@require_POST
def remove_content(request: MemberRequest, campaign_id: int, language: str) -> HttpResponse:
    campaign = frame.find(campaign_id)
    try:
        if services.remove_content(campaign=campaign, language=language, by=request.user):
            toast(request, _("%(language)s removed.") % {"language": frame.language_name(language)})
    except ValidationError as error:
        warn(request, error.messages[0])
    return redirect("campaign_content", campaign.pk)


def _save(request: MemberRequest, campaign: Campaign, content: CampaignContent) -> HttpResponse:
    draft = posted.read(request.POST)
    open_id = draft.act_on
    if draft.act in arranging.ACTS:
        arranged = arranging.arrange(draft.blocks, draft.act, draft.act_on)
        draft, open_id = replace(draft, blocks=arranged.blocks), arranged.open_id
    try:
        saved = _store(request, campaign, content.language, draft)
    except Stale:
        return _stale(request, campaign, content, draft, open_id)
    except NotADraft as error:
        warn(request, error.messages[0])
        return parts.redirect_page(request, reverse("campaign", args=[campaign.pk]))
    except (ValidationError, ContentError) as error:
        return _refused(request, campaign, content, draft, error, open_id)
    if draft.act == AS_COPY:
        toast(request, _("Your version is a campaign of its own now."))
        return parts.redirect_page(request, reverse("campaign_content", args=[saved.campaign_id]))
    if draft.act == ON:
        return parts.redirect_page(request, reverse("review_campaign", args=[campaign.pk]))
    return _saved(request, campaign, saved, draft, open_id)


def _store(request: MemberRequest, campaign: Campaign, language: str, draft: Draft) -> CampaignContent:
    """``overwrite`` carries the version it was decided against: a third one is not overwritten unseen."""
    version = draft.version
    if draft.act == OVERWRITE:
        version = int(draft.act_on[:9]) if draft.act_on.isdecimal() else None
    if draft.act == AS_COPY:
        campaign = services.duplicate(campaign=campaign, by=request.user)
        version = campaign.content_version
    return services.edit_content(
        campaign=campaign,
        language=language,
        subject=draft.subject,
        preheader=draft.preheader,
        blocks=draft.blocks_json,
        by=request.user,
        expected_version=-1 if version is None else version,
    )


def _saved(
    request: MemberRequest, campaign: Campaign, content: CampaignContent, draft: Draft, open_id: str
) -> HttpResponse:
    if parts.wants_part(request):
        context = _context(request, campaign, content, open_id=open_id) | {"saved_at": timezone.now()}
        name = "_saved" if draft.act == AUTOSAVE else "_form_and_rest"
        return render(request, f"campaigns/editor/{name}.html", context)
    query = urlencode({key: value for key, value in (("open", open_id), ("as", request.POST.get("as", ""))) if value})
    path = reverse("edit_content", args=[campaign.pk, content.language])
    return redirect(f"{path}?{query}#block-{open_id}" if open_id else f"{path}?{query}")


def _stale(
    request: MemberRequest, campaign: Campaign, content: CampaignContent, draft: Draft, open_id: str
) -> HttpResponse:
    """Both versions stay: theirs in the database, the person's own in the form."""
    current = frame.find(campaign.pk)
    context = _context(request, current, _mine(content, draft), open_id=open_id)
    context |= {"version": draft.version, "stale": page.Conflict.between(current, content, draft)}
    return _unsaved(request, draft, context)


def _refused(
    request: MemberRequest,
    campaign: Campaign,
    content: CampaignContent,
    draft: Draft,
    error: ValidationError | ContentError,
    open_id: str,
) -> HttpResponse:
    mine = _mine(content, draft)
    context = _context(request, campaign, mine, open_id=open_id, errors=page.errors_by_field(error))
    return _unsaved(request, draft, context)


def _unsaved(request: MemberRequest, draft: Draft, context: dict[str, Any]) -> HttpResponse:
    name = "campaigns/editor/page.html"
    if parts.wants_part(request):
        name = f"campaigns/editor/{'_saved' if draft.act == AUTOSAVE else '_form_and_rest'}.html"
    return render(request, name, context, status=INVALID)


def _mine(content: CampaignContent, draft: Draft) -> CampaignContent:
    """What the person wrote, not stored. Lines are cut where the column ends, for show only."""
    return CampaignContent(
        campaign_id=content.campaign_id,
        language=content.language,
        subject=draft.subject,
        preheader=draft.preheader,
        blocks=draft.blocks_json,
    )


def _begin(request: MemberRequest, campaign: Campaign, language: str) -> HttpResponse:
    """A language nobody has written yet: from which one to start."""
    sources = [
        (each.language, frame.language_name(each.language))
        for each in CampaignContent.objects.filter(campaign=campaign, variant="A").order_by("id")
    ]
    context = {
        "campaign": campaign,
        "shape": frame.shape(campaign),
        "steps": frame.steps(campaign, frame.CONTENT),
        "language": language,
        "language_name": frame.language_name(language),
        "sources": sources,
        "tabs": _language_tabs(request, campaign, language),
    }
    return render(request, "campaigns/editor/begin.html", context)


def _is_written(campaign: Campaign, language: str) -> bool:
    return CampaignContent.objects.filter(campaign=campaign, language=language).exists()


def _context(
    request: MemberRequest,
    campaign: Campaign,
    content: CampaignContent,
    *,
    open_id: str = "",
    errors: dict[str, str] | None = None,
) -> dict[str, Any]:
    asked = request.POST.get("as") or request.GET.get("as", "")
    editor = page.editor(
        campaign, content, membership=request.membership, reader_key=asked, open_id=open_id, errors=errors or {}
    )
    return editor | {
        "campaign": campaign,
        "shape": frame.shape(campaign),
        "steps": frame.steps(campaign, frame.CONTENT),
        "tabs": _language_tabs(request, campaign, content.language),
        "language": content.language,
        "language_name": frame.language_name(content.language),
        "may_remove": campaign.contents.count() > 1,
        "version": campaign.content_version,
    }


def _language_tabs(request: MemberRequest, campaign: Campaign, current: str) -> list[frame.Tab]:
    written = campaign.contents.order_by("id").values_list("language", flat=True)
    codes = dict.fromkeys([*request.tenant.languages, *written])
    return [
        frame.Tab(frame.language_name(code), reverse("edit_content", args=[campaign.pk, code]), code == current)
        for code in codes
    ]
